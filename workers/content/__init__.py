"""What a picture shows that a data set should not: nudity, text, watermarks; found by models that come in wheels."""

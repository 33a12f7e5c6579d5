"""Templates of the gallery's pages; what they share with the report is in the report's."""

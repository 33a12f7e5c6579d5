"""NHR's images: how they are built, and what `docker-compose.yml` may be told."""

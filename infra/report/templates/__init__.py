"""Jinja templates of the report page; every value is escaped."""

"""Styles and scripts of the report page, put into it when it is built."""

"""The report page in a real browser: what people do with it, and what hostile texts try."""

"""The gallery: a small web server to look at what is mined, while it is mined.

`index` is a SQLite file beside the shelf, built from it and never needed by anybody else; `pages` are the routes, one
module each; `labelling` gives people pairs to score; `app` assembles the pages behind `guards`; `serving` runs the
server. What the pages look like they share with the report: its templates, styles and scripts.
"""

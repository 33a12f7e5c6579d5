"""The tables of the index: what is listed, by what it is filtered, and how far the shelf and the records were read."""

from zlib import crc32

FORMAT = 1
"""Of what is in the columns; the version of a file also changes with the tables."""
APPLICATION_ID = 0x4E_48_52_47  # "NHRG"

FILTERS = {
    "triplets": ("operation", "style", "kind", "model", "campaign"),
    "rejected": ("stage", "bar", "operation", "style", "kind", "model", "campaign"),
}
"""Columns that a list is filtered by, in the order in which they are offered."""
SCORES = ("overall", "adherence", "aesthetics")
ORDERS = {"triplets": ("at", "overall"), "rejected": ("at",)}
"""Columns that a list is sorted by."""

_ENTRY = """
  number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, source TEXT NOT NULL, shown INTEGER NOT NULL,
  at REAL NOT NULL, kind TEXT NOT NULL, operation TEXT NOT NULL, style TEXT NOT NULL, model TEXT NOT NULL,
  campaign TEXT NOT NULL, overall REAL, adherence REAL, aesthetics REAL, pictures BLOB NOT NULL
"""
_WORDS = "text, content='', columnsize=0, detail=full, tokenize='unicode61 remove_diacritics 2'"
# Words stay when an entry goes: numbers never come again, so they lead nowhere.

TABLES = (
    f"CREATE TABLE triplets ({_ENTRY}, judged INTEGER NOT NULL, truth INTEGER)",
    f"CREATE TABLE rejected ({_ENTRY}, stage TEXT NOT NULL, bar TEXT NOT NULL)",
    "CREATE TABLE triplets_cards (number INTEGER PRIMARY KEY, data TEXT NOT NULL)",
    "CREATE TABLE rejected_cards (number INTEGER PRIMARY KEY, data TEXT NOT NULL)",
    f"CREATE VIRTUAL TABLE triplets_words USING fts5({_WORDS})",
    f"CREATE VIRTUAL TABLE rejected_words USING fts5({_WORDS})",
    # how many of each value are shown: the choices of a filter
    "CREATE TABLE facets (list TEXT, name TEXT, value TEXT, count INTEGER NOT NULL, "
    "PRIMARY KEY (list, name, value)) WITHOUT ROWID",
    # pictures by content, and of which sources they are
    "CREATE TABLE pictures (sha256 BLOB, source TEXT, format TEXT NOT NULL, width INTEGER NOT NULL, "
    "height INTEGER NOT NULL, key TEXT NOT NULL, model TEXT NOT NULL, PRIMARY KEY (source, sha256)) WITHOUT ROWID",
    "CREATE TABLE retractions (target TEXT, value TEXT, reason TEXT NOT NULL, "
    "PRIMARY KEY (target, value)) WITHOUT ROWID",
    # verdicts of judges, each on a pair that people may label: "<triplet>-<attempt>"; `mix` is a hash of the pair
    "CREATE TABLE judged (number INTEGER PRIMARY KEY, job TEXT NOT NULL UNIQUE, pair TEXT NOT NULL, "
    "triplet TEXT NOT NULL, attempt INTEGER NOT NULL, source TEXT NOT NULL, kind TEXT NOT NULL, "
    "operation TEXT NOT NULL, campaign TEXT NOT NULL, judge TEXT NOT NULL, adherence REAL NOT NULL, "
    "aesthetics REAL NOT NULL, preservation REAL, accepted INTEGER NOT NULL, mix INTEGER NOT NULL, "
    "pictures BLOB NOT NULL)",
    "CREATE TABLE judged_texts (number INTEGER PRIMARY KEY, instruction TEXT NOT NULL)",
    # segments of the records that were read, and which tell of which source
    "CREATE TABLE segments (number INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE)",
    "CREATE TABLE mentions (source TEXT, segment INTEGER, PRIMARY KEY (source, segment)) WITHOUT ROWID",
    # events that were counted, and when triplets were judged that are not on the shelf yet
    "CREATE TABLE told (name BLOB PRIMARY KEY) WITHOUT ROWID",
    "CREATE TABLE moments (id TEXT PRIMARY KEY, at REAL NOT NULL) WITHOUT ROWID",
    # names that the funnel has heard of, its counters, and what happened in each ten seconds
    "CREATE TABLE names (what TEXT, name BLOB, number INTEGER NOT NULL, PRIMARY KEY (what, name)) WITHOUT ROWID",
    "CREATE TABLE counters (name TEXT PRIMARY KEY, data TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE pace (slot INTEGER, what TEXT, count INTEGER NOT NULL, PRIMARY KEY (slot, what)) WITHOUT ROWID",
)

_SORTINGS = [
    (table, columns)
    for table, filters in FILTERS.items()
    for columns in [
        *((order,) for order in ORDERS[table]),
        *((score,) for score in SCORES if score not in ORDERS[table]),
        *((name, order) for order in ORDERS[table] for name in filters),
    ]
]
SORTED = {
    name: f"CREATE INDEX IF NOT EXISTS {name} ON {table} ({', '.join(columns)}) WHERE shown = 1"
    for table, columns in _SORTINGS
    for name in [f"{table}_{'_'.join(columns)}"]
}
"""What lists are sorted by, each under every filter, by name."""
INDEXES = (
    *SORTED.values(),
    "CREATE INDEX triplets_truth ON triplets (truth) WHERE shown = 1 AND truth NOTNULL",
    "CREATE INDEX pictures_sha256 ON pictures (sha256)",
    "CREATE INDEX triplets_source ON triplets (source)",
    "CREATE INDEX judged_pair ON judged (pair)",
    "CREATE INDEX rejected_source ON rejected (source)",
)

VERSION = crc32("\n".join((str(FORMAT), *TABLES, *INDEXES)).encode()) & 0x7FFFFFFF or 1

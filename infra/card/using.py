"""How to open the data set, in lines that run as they stand, and what its columns mean."""

import json
from collections.abc import Iterator, Sequence

from infra.card.facts import Facts
from infra.card.markdown import code, table

DATASETS = """\
from datasets import load_dataset

data = load_dataset({folder}, split="{split}")  # this card's folder; on a hub, its name there
print(data[0]["{column}"], data.num_rows)"""
WEBDATASET = """\
import json
import webdataset

folder = {folder}
with open(f"{{folder}}/croissant.json", encoding="utf-8") as file:
    files = json.load(file)["distribution"]  # what is not named there is not of the data set
tars = [f"{{folder}}/{{path}}" for one in files if one["@id"] == "webdataset-files" for path in one["includes"]]
for sample in webdataset.WebDataset(tars, shardshuffle=False).decode("pil"):
    print(sample["__key__"], sample["json"]["{column}"])"""
CROISSANT = """\
import itertools
import mlcroissant

records = mlcroissant.Dataset({croissant}).records("rows")
for record in itertools.islice(records, 2):
    print(record["rows/{column}"])"""


def loading(facts: Facts, _plots: Sequence[str]) -> Iterator[str]:
    """How to open it, from the folder that the card's folder is in."""
    contents = facts.contents
    given = {
        "split": next(iter(contents.splits)), "folder": json.dumps(contents.name, ensure_ascii=False),
        "croissant": json.dumps(f"{contents.name}/croissant.json", ensure_ascii=False),
        "column": next(one.name for one in contents.columns if "instruction" in one.name),
    }  # fmt: skip
    yield from ("## How to load it", "")
    tables = contents.kinds != ("webdataset",)
    if tables:
        yield from _python(DATASETS.format_map(given))
    if "webdataset" in contents.kinds:
        yield from _python(WEBDATASET.format_map(given))
    if tables:
        yield from _python(CROISSANT.format_map(given))
    if contents.layout == "packed":
        yield from ("Only files that this card names are of the data set; others beside them may be left-overs.", "")


def columns(facts: Facts, _plots: Sequence[str]) -> Iterator[str]:
    """Every column and what it means."""
    rows = [(code(one.name), one.type, one.meaning) for one in facts.contents.columns]
    yield from ("## Columns", "", *table(("column", "type", "meaning"), rows))


def _python(text: str) -> list[str]:
    return ["```python", *text.splitlines(), "```", ""]

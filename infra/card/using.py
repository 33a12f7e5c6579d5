"""How to open the data set, in lines that run as they stand, and what its columns mean."""

from collections.abc import Iterator, Sequence

from infra.card.facts import Facts
from infra.card.markdown import code, table

DATASETS = """\
from datasets import load_dataset

data = load_dataset(".", split="{split}")  # this folder; on a hub, its name there
print(data[0]["{column}"], data.num_rows)"""
WEBDATASET = """\
import json
import webdataset

files = json.load(open("croissant.json", encoding="utf-8"))["distribution"]  # only these belong to the data set
tars = [file["contentUrl"] for file in files if file["encodingFormat"] == "application/x-tar"]
for sample in webdataset.WebDataset(tars, shardshuffle=False).decode("pil"):
    print(sample["__key__"], sample["json"]["{column}"])"""
CROISSANT = """\
import itertools
import mlcroissant

records = mlcroissant.Dataset("croissant.json").records("rows")
for record in itertools.islice(records, 2):
    print(record["rows/{column}"].decode())"""
RELEASED = """\
from datasets import load_dataset

data = load_dataset(".", split="{split}")  # this folder; on a hub, its name there
print(data[0]["edit_instruction"], data.num_rows)"""


def loading(facts: Facts, _plots: Sequence[str]) -> Iterator[str]:
    """How to open it; run in the card's folder."""
    contents = facts.contents
    split = next(iter(contents.splits))
    column = next((one.name for one in contents.columns if one.name == "instruction"), contents.columns[0].name)
    yield from ("## How to load it", "")
    if contents.layout == "nhr":
        yield from _python(RELEASED.format(split=split))
        return
    if "parquet" in contents.kinds:
        yield from _python(DATASETS.format(split=split, column=column))
    if "webdataset" in contents.kinds:
        yield from _python(WEBDATASET.format(column=column))
    if "parquet" in contents.kinds:
        yield from _python(CROISSANT.format(column=column))
    if contents.layout == "packed":
        yield from ("Only files that this card names are of the data set; others beside them may be left-overs.", "")


def columns(facts: Facts, _plots: Sequence[str]) -> Iterator[str]:
    """Every column and what it means."""
    if facts.contents.layout == "nhr":
        return
    rows = [(code(one.name), one.type, one.meaning) for one in facts.contents.columns]
    yield from ("## Columns", "", *table(("column", "type", "meaning"), rows))


def _python(text: str) -> list[str]:
    return ["```python", *text.splitlines(), "```", ""]

"""The card's YAML: what the hub and `datasets` read of it - features, splits, files, licence, languages, tags."""

from collections.abc import Iterable, Mapping, Sequence

from infra.card.contents import Contents
from infra.card.facts import Facts
from infra.card.markdown import yaml
from streams.dataset.columns import Column, Type
from streams.dataset.tally import Tally

SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"),
         (10_000_000, "1M<n<10M"), (100_000_000, "10M<n<100M"))  # fmt: skip
LARGEST = "100M<n<1B"
FEATURES: Mapping[Type, Mapping[str, object]] = {
    "string": {"dtype": "string"}, "int": {"dtype": "int32"}, "float": {"dtype": "float64"}, "bool": {"dtype": "bool"},
    "image": {"dtype": "image"}, "images": {"list": "image"}, "strings": {"list": "string"},
    "texts": {"list": [{"name": "form", "dtype": "string"}, {"name": "text", "dtype": "string"}]},
    "measures": {"list": [{"name": "name", "dtype": "string"}, {"name": "value", "dtype": "float64"}]},
}  # fmt: skip
"""As `datasets` writes features down."""


def lines(facts: Facts) -> list[str]:
    """The YAML with its fences."""
    contents, tally = facts.contents, facts.contents.tally
    told: dict[str, object] = {"pretty_name": facts.title, **licence(facts.licence)}
    told |= {
        "task_categories": ["image-to-image"],
        **({"language": sorted(languages)} if (languages := contents.counts("language")) else {}),
        "tags": _tags(facts),
        "size_categories": [_size(tally.rows)],
        "dataset_info": _info(contents),
    }
    if contents.files:
        told["configs"] = [{"config_name": "default", "data_files": _data_files(contents)}]
    return ["---", *yaml(told), "---", ""]


def licence(name: str) -> dict[str, object]:
    """The licence as the hub has it; where none was given, the card tells those of models and sources."""
    if name:
        return {"license": name}
    return {"license": "other", "license_name": "see-licences-of-models-and-sources"}


def features(columns: Iterable[Column]) -> list[dict[str, object]]:
    """The columns as features."""
    return [{"name": column.name, **FEATURES[column.type]} for column in columns]


def _info(contents: Contents) -> dict[str, object]:
    info: dict[str, object] = {"features": features(contents.columns)} if contents.kinds[:1] == ("parquet",) else {}
    info["splits"] = [
        {"name": split, "num_bytes": _bytes(contents, split, part), "num_examples": part.rows}
        for split, part in contents.splits.items()
    ]
    sizes = [_bytes(contents, split, part) for split, part in contents.splits.items()]
    return info | {"download_size": sum(sizes), "dataset_size": sum(sizes)}


def _bytes(contents: Contents, split: str, part: Tally) -> int:
    """Bytes of a split's files of the kind that `datasets` opens; of its pictures, where files are not told."""
    files = [file.bytes for kind in contents.kinds[:1] for file in contents.of(kind, split) if kind != "metadata"]
    return sum(files) or part.bytes


def _data_files(contents: Contents) -> Sequence[object]:
    """Each split with its files by name: what lies there beside them is not of the data set."""
    kind = contents.kinds[0]
    if kind == "metadata":
        return [{"split": split, "path": f"{split}/**"} for split in contents.splits]
    return [{"split": split, "path": [file.path for file in contents.of(kind, split)]} for split in contents.splits]


def _tags(facts: Facts) -> list[str]:
    made = ["image-editing", "instruction-based-editing", "no-human-in-the-loop"]
    told = [facts.contents.what] if facts.contents.what != "triplets" else ["triplets"]
    return [*made, *told, *(["simulated"] if facts.simulated else [])]


def _size(rows: int) -> str:
    return next((name for most, name in SIZES if rows < most), LARGEST)

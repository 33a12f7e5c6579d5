"""The card for machines: Croissant 1.1, with every file's digest and a field for each column."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from infra.card.contents import Contents, DataFile, Kind
from infra.card.facts import Facts
from infra.card.markdown import plain
from streams.dataset.columns import Column, Type

VERSION = "http://mlcommons.org/croissant/1.1"
FORMATS: Mapping[Kind, str] = {
    "parquet": "application/x-parquet",
    "webdataset": "application/x-tar",
    "metadata": "application/jsonlines",
}
TYPES: Mapping[Type, str] = {
    "string": "sc:Text", "int": "sc:Integer", "float": "sc:Float", "bool": "sc:Boolean", "image": "sc:ImageObject",
    "images": "sc:ImageObject", "strings": "sc:Text",
}  # fmt: skip
PAIRS: Mapping[Type, Sequence[tuple[str, str]]] = {
    "texts": (("form", "sc:Text"), ("text", "sc:Text")), "measures": (("name", "sc:Text"), ("value", "sc:Float")),
}  # fmt: skip
CITE = (
    "@misc{nohumansrequired, title={NoHumansRequired: Autonomous High-Quality Image Editing Triplet Mining},"
    " year={2025}, eprint={2507.14119}, archivePrefix={arXiv}, url={https://arxiv.org/abs/2507.14119}}"
)
"""The method."""
SPDX = "https://spdx.org/licenses/"
_CONTEXT: Mapping[str, object] = {
    "@language": "en", "@vocab": "https://schema.org/", "arrayShape": "cr:arrayShape", "citeAs": "cr:citeAs",
    "column": "cr:column", "conformsTo": "dct:conformsTo", "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/", "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"}, "dct": "http://purl.org/dc/terms/",
    "description": {"@container": "@language"}, "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"}, "extract": "cr:extract", "field": "cr:field",
    "fileObject": "cr:fileObject", "fileProperty": "cr:fileProperty", "fileSet": "cr:fileSet", "format": "cr:format",
    "includes": "cr:includes", "isArray": "cr:isArray", "isLiveDataset": "cr:isLiveDataset", "jsonPath": "cr:jsonPath",
    "key": "cr:key", "md5": "cr:md5", "name": {"@container": "@language"}, "parentField": "cr:parentField",
    "path": "cr:path", "rai": "http://mlcommons.org/croissant/RAI/", "recordSet": "cr:recordSet",
    "references": "cr:references", "regex": "cr:regex", "repeated": "cr:repeated", "replace": "cr:replace",
    "samplingRate": "cr:samplingRate", "sc": "https://schema.org/", "separator": "cr:separator", "source": "cr:source",
    "subField": "cr:subField", "transform": "cr:transform",
}  # fmt: skip
"""The context of Croissant 1.1."""


def render(facts: Facts, description: str) -> str:
    """The document as JSON."""
    contents = facts.contents
    told: dict[str, object] = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "name": plain(facts.title),
        "description": description,
        "conformsTo": VERSION,
        "citeAs": CITE,
        "license": f"{SPDX}{facts.licence}" if facts.licence else "see README.md",
        "datePublished": f"{datetime.fromtimestamp(contents.at, UTC):%Y-%m-%d}",
        "version": contents.version,
        **({"inLanguage": sorted(languages)} if (languages := contents.counts("language")) else {}),
        "keywords": ["image editing", contents.what, *(["simulated"] if facts.simulated else [])],
        "distribution": [*(_file(file) for file in contents.files if file.sha256), *_sets(contents)],
    }
    if source := next((kind for kind in contents.kinds if kind != "webdataset"), None):
        told["recordSet"] = [_rows(contents, f"{source}-files")]
    return json.dumps(told, ensure_ascii=False, indent=1) + "\n"


def _file(file: DataFile) -> dict[str, object]:
    return {
        "@type": "cr:FileObject", "@id": file.path, "name": file.path, "contentUrl": file.path,
        "contentSize": f"{file.bytes} B", "encodingFormat": FORMATS[file.kind], "sha256": file.sha256,
    }  # fmt: skip


def _sets(contents: Contents) -> list[dict[str, object]]:
    """A set of the files of each kind, by name: what else lies there is not of the data set."""
    pictures = [f"{split}/images/*" for split in contents.splits] if contents.layout == "nhr" else []
    sets: list[dict[str, object]] = [
        {
            "@type": "cr:FileSet", "@id": f"{kind}-files", "name": f"{kind}-files", "encodingFormat": FORMATS[kind],
            "description": f"All {kind} files of the data set.", "includes": [file.path for file in contents.of(kind)],
        }
        for kind in contents.kinds
    ]  # fmt: skip
    if pictures:
        told = {"description": "The pictures that the lines name.", "encodingFormat": "image/*", "includes": pictures}
        sets.append({"@type": "cr:FileSet", "@id": "pictures", "name": "pictures", **told})
    return sets


def _rows(contents: Contents, source: str) -> dict[str, object]:
    first = contents.columns[0].name
    return {
        "@type": "cr:RecordSet", "@id": "rows", "name": "rows", "key": {"@id": f"rows/{first}"},
        "description": "One record a row.",
        "field": [_field(column, source) for column in contents.columns],
    }  # fmt: skip


def _field(column: Column, files: str) -> dict[str, object]:
    name = f"rows/{column.name}"
    told: dict[str, object] = {
        "@type": "cr:Field", "@id": name, "name": column.name, "description": column.meaning
    }  # fmt: skip
    if column.type in PAIRS:
        parts = PAIRS[column.type]
        inner = [_part(column, files, part, kind) for part, kind in parts]
        return told | {"isArray": True, "arrayShape": "-1", "subField": inner}
    if column.type in {"images", "strings"}:
        told |= {"isArray": True, "arrayShape": "-1"}
    if column.type == "images":
        told["repeated"] = True  # what mlcroissant 1.1 asks, of pictures alone, before it reads a list
    path = "bytes" if column.type in {"image", "images"} else ""
    return told | {"dataType": TYPES[column.type], "source": _source(column, files, path)}


def _part(column: Column, files: str, part: str, kind: str) -> dict[str, object]:
    name = f"rows/{column.name}/{part}"
    return {"@type": "cr:Field", "@id": name, "name": part, "dataType": kind, "source": _source(column, files, part)}


def _source(column: Column, files: str, path: str = "") -> dict[str, object]:
    """Where a field's values are; `path` picks a part of a struct."""
    source: dict[str, object] = {"fileSet": {"@id": files}, "extract": {"column": column.name}}
    return source | ({"transform": {"jsonPath": path}} if path else {})

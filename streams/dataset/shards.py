"""Writers of one shard on local disk: Parquet with pictures inside, and tar for WebDataset; same rows, same bytes.

Parquet: at most 100 rows and about 64 MB a row group, page index, pictures as they are and without statistics,
everything else in zstd; the features that `datasets` wants stand in the schema. Tar: a sample is
`<key>.<column>.<ext>` for each picture and `<key>.json` for the rest, with no time, owner or order of its own.
"""

import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import pyarrow as pa
import pyarrow.parquet as pq

from streams.dataset.columns import Column, Picture, Type

ROWS = 100
"""Rows of a row group, at most."""
GROUP_BYTES = 64_000_000
"""Bytes of pictures from which a row group is full: it is whole in memory, several times over, while it is written."""
BLOCK = 1 << 20
"""Bytes of a tar that are written at once."""
_IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
_TYPES: Mapping[Type, Any] = {
    "string": pa.string(), "int": pa.int32(), "float": pa.float64(), "bool": pa.bool_(), "image": _IMAGE,
    "images": pa.list_(_IMAGE), "strings": pa.list_(pa.string()),
    "texts": pa.list_(pa.struct([("form", pa.string()), ("text", pa.string())])),
    "measures": pa.list_(pa.struct([("name", pa.string()), ("value", pa.float64())])),
}  # fmt: skip
_IMAGE_FEATURE = {"_type": "Image"}


def _value(dtype: str) -> dict[str, object]:
    return {"dtype": dtype, "_type": "Value"}


_FEATURES: Mapping[Type, object] = {
    "string": _value("string"), "int": _value("int32"), "float": _value("float64"), "bool": _value("bool"),
    "image": _IMAGE_FEATURE, "images": {"feature": _IMAGE_FEATURE, "_type": "List"},
    "strings": {"feature": _value("string"), "_type": "List"},
    "texts": {"feature": {"form": _value("string"), "text": _value("string")}, "_type": "List"},
    "measures": {"feature": {"name": _value("string"), "value": _value("float64")}, "_type": "List"},
}  # fmt: skip
_PAIRS: Mapping[Type, tuple[str, str]] = {"texts": ("form", "text"), "measures": ("name", "value")}


class Shard(Protocol):
    """A shard that is being written; leaving its `with` block makes it whole."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def add(self, row: Mapping[str, object]) -> None:
        """Append a row: a value for each column, a `Picture` (or a list of them) for each picture."""


def schema(columns: Sequence[Column]) -> Any:
    """The Arrow schema of these columns, with the features of `datasets`."""
    features = {column.name: _FEATURES[column.type] for column in columns}
    fields = [pa.field(column.name, _TYPES[column.type]) for column in columns]
    return pa.schema(fields, {"huggingface": json.dumps({"info": {"features": features}})})


class ParquetShard:
    """A Parquet file; holds one row group in memory."""

    def __init__(self, path: Path, columns: Sequence[Column]) -> None:
        self._columns, self._schema, self._rows = columns, schema(columns), list[Mapping[str, object]]()
        self._bytes = 0
        plain = [column.name for column in columns if column.type not in {"image", "images"}]
        leaves = [name for column in columns if column.name in plain for name in _leaves(column)]
        pictures = [name for column in columns if column.name not in plain for name in _leaves(column)]
        # pages end between batches only: of one row each, a large picture has a page to itself, and less is copied
        self._writer = pq.ParquetWriter(
            path, self._schema, write_page_index=True, write_batch_size=1, use_dictionary=leaves,
            compression=dict.fromkeys(leaves, "zstd") | dict.fromkeys(pictures, "none"),
            write_statistics=[name for name in (*leaves, *pictures) if not name.endswith(".bytes")],
        )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._flush()
            self._writer.close()
        else:
            with suppress(OSError, pa.ArrowException):
                self._writer.close()

    def add(self, row: Mapping[str, object]) -> None:
        """Append a row (see `Shard`)."""
        self._rows.append(row)
        self._bytes += sum(map(_size, row.values()))
        if len(self._rows) == ROWS or self._bytes >= GROUP_BYTES:
            self._flush()

    def _flush(self) -> None:
        if self._rows:
            arrays = [_column(column, [row[column.name] for row in self._rows]) for column in self._columns]
            self._writer.write_table(pa.Table.from_arrays(arrays, schema=self._schema), row_group_size=ROWS)
            self._rows, self._bytes = [], 0


class TarShard:
    """A tar file in the layout of WebDataset; samples are called by their row's first column."""

    def __init__(self, path: Path, columns: Sequence[Column]) -> None:
        self._columns = columns
        self._stream = path.open("wb", BLOCK)
        self._tar = tarfile.TarFile(fileobj=self._stream, mode="w", format=tarfile.USTAR_FORMAT)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._tar.close()
        finally:
            self._stream.close()

    def add(self, row: Mapping[str, object]) -> None:
        """Append a sample (see `Shard`)."""
        key, told = str(row[self._columns[0].name]), dict[str, object]()
        for column in self._columns:
            found: Any = row[column.name]
            if column.type == "image":
                self._file(f"{key}.{column.name}.{_ending(found)}", found.data)
            elif column.type == "images":
                for number, picture in enumerate(found):
                    self._file(f"{key}.{column.name}_{number}.{_ending(picture)}", picture.data)
            else:
                told[column.name] = dict(found) if column.type in _PAIRS else found
        self._file(f"{key}.json", json.dumps(told, ensure_ascii=False, allow_nan=False).encode())

    def _file(self, name: str, data: bytes) -> None:
        member = tarfile.TarInfo(name)
        member.size = len(data)
        self._tar.addfile(member, io.BytesIO(data))


def _ending(picture: Picture) -> str:
    return picture.name.rpartition(".")[2]


def _leaves(column: Column) -> list[str]:
    """Names of the column's leaves, as Parquet calls them."""
    found = _TYPES[column.type]
    name = column.name
    if pa.types.is_list(found):
        name, found = f"{name}.list.element", found.value_type
    return [f"{name}.{field.name}" for field in found] if pa.types.is_struct(found) else [name]


def _column(column: Column, values: Sequence[Any]) -> Any:
    """An Arrow array; pictures take a way of their own, which copies their bytes but once."""
    if column.type != "image":
        return pa.array([_arrow(column.type, value) for value in values], _TYPES[column.type])
    data, names = pa.array([one.data for one in values], pa.binary()), pa.array([one.name for one in values])
    return pa.StructArray.from_arrays([data, names], fields=list(_IMAGE))


def _arrow(kind: Type, value: Any) -> object:
    if kind == "images":
        return [_picture(one) for one in value]
    if kind in _PAIRS:
        first, second = _PAIRS[kind]
        return [{first: name, second: told} for name, told in value]
    return value


def _size(value: object) -> int:
    """Bytes of a value's pictures."""
    if isinstance(value, Picture):
        return len(value.data)
    return sum(map(_size, value)) if isinstance(value, list) else 0


def _picture(value: Picture) -> dict[str, object]:
    return {"bytes": value.data, "path": value.name}

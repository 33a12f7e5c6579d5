"""Which column of a data set is what: presets of known layouts, columns as people usually call them, and what is told.

Layouts as their cards say: OmniEdit and MagicBrush by the `dataset_info` of TIGER-Lab/OmniEdit-Filtered-1.2M and
osunlp/MagicBrush, InstructPix2Pix by that of timbrooks/instructpix2pix-clip-filtered; NHR-Edit as released, and as
`datasets` turns the same folder into Parquet (`source_file_name` becomes the picture `source`).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from schemas.errors import UserError

ROLES = ("source", "edited", "instruction", "category", "cluster", "effect")
NEEDED = ROLES[:3]
MOST_NAMES = 24
_PART = re.compile(r"(?P<column>.+?)\[(?P<number>-?\d+)\]")


@dataclass(frozen=True)
class Columns:
    """The column of each role ("": none): both pictures, what was asked, the kind of edit, what hangs together.

    `effect` is the machine-readable form of the edit, for judges that read no language. `number` says which of several
    instructions of a row is meant.
    """

    source: str = ""
    edited: str = ""
    instruction: str = ""
    category: str = ""
    cluster: str = ""
    effect: str = ""
    number: int = 0

    @property
    def wanted(self) -> tuple[str, ...]:
        """Every column that is read, each once."""
        return tuple(dict.fromkeys(name for role in ROLES if (name := getattr(self, role))))

    def missing(self, present: Sequence[str]) -> list[str]:
        """The roles that are needed and have no column among those present."""
        return [role for role in NEEDED if getattr(self, role) not in present]

    def among(self, present: Sequence[str]) -> Self:
        """Without the columns that are not there and need not be."""
        absent: dict[str, Any] = {role: "" for role in ROLES[3:] if getattr(self, role) not in present}
        return replace(self, **absent)

    def given(self, mapping: Mapping[str, str]) -> Self:
        """With what the user says in place of it."""
        told: dict[str, Any] = dict(mapping)
        number = self.number if "instruction" not in told else 0
        if match := _PART.fullmatch(told.get("instruction", "")):
            told["instruction"], number = match["column"], int(match["number"])
        return replace(self, **told, number=number)

    def __str__(self) -> str:
        told = [f"{role} {getattr(self, role)}" for role in ROLES if getattr(self, role)]
        return ", ".join(told)


PRESETS: Mapping[str, Sequence[Columns]] = {
    "nhr": (Columns("source_image", "edited_image", "instruction", "operation", "source_id"),),
    "nhr-edit": (
        Columns("source_file_name", "edited_file_name", "edit_instruction", "category", "sample_id"),
        Columns("source", "edited", "edit_instruction", "category", "sample_id"),
    ),
    "omniedit": (Columns("src_img", "edited_img", "edited_prompt_list", "task"),),
    "magicbrush": (Columns("source_img", "target_img", "instruction", cluster="img_id"),),
    "instructpix2pix": (Columns("original_image", "edited_image", "edit_prompt"),),
}
"""Known layouts; of several variants the first whose columns are all there."""

USUAL: Mapping[str, Sequence[str]] = {
    "source": (
        "source_image", "source_img", "src_img", "original_image", "original_img", "input_image", "before_image",
        "image_before", "source", "original", "input", "before", "source_file_name", "original_file_name", "file_name",
    ),
    "edited": (
        "edited_image", "edited_img", "target_image", "target_img", "output_image", "after_image", "image_after",
        "edited", "target", "output", "after", "edited_file_name", "target_file_name",
    ),
    "instruction": (
        "instruction", "edit_instruction", "edit_prompt", "edit", "instructions", "edited_prompt_list", "prompt", "txt",
    ),
    "category": ("category", "operation", "edit_type", "task", "type"),
    "cluster": ("source_id", "sample_id", "img_id"),
    "effect": ("effect",),
}  # fmt: skip
"""What such columns are called where no preset fits, the likeliest first."""


@dataclass(frozen=True)
class Chosen:
    """The columns of a data set, and how they were found: a preset's name, or in words."""

    columns: Columns
    how: str


def parsed(text: str) -> dict[str, str]:
    """What `--map` says: ROLE=COLUMN, separated by commas; raises `UserError`."""
    found: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        role, separator, column = part.partition("=")
        if not separator or role.strip() not in ROLES:
            raise UserError(f"--map {part!r} names no column", f"write ROLE=COLUMN; roles: {', '.join(ROLES)}")
        found[role.strip()] = column.strip()
    return found


def choose(present: Sequence[str], preset: str, mapping: Mapping[str, str], where: str) -> Chosen:
    """The columns to read: by the preset named, else one that fits, else by usual names; what is mapped comes first.

    Raises `UserError` for an unknown preset and where a column that is needed is not there.
    """
    if preset and preset not in PRESETS:
        raise UserError(f"--preset {preset!r} is unknown", f"presets: {', '.join(PRESETS)}")
    told = _fitting(present, preset, mapping)
    columns = told.columns.given(mapping)
    for role, column in mapping.items():
        if column and getattr(columns, role) not in present:
            raise UserError(f"{where} has no column {getattr(columns, role)!r}", f"its columns: {_names(present)}")
    if lacking := columns.missing(present):
        name = f"what preset {preset} calls {getattr(columns, lacking[0])}" if preset else f"a column for {lacking[0]}"
        hint = f"say which: --map {','.join(f'{role}=COLUMN' for role in lacking)}; its columns: {_names(present)}"
        raise UserError(f"{where} lacks {name}", hint)
    return Chosen(columns.among(present), told.how + (" and --map" if mapping else ""))


def _fitting(present: Sequence[str], preset: str, mapping: Mapping[str, str]) -> Chosen:
    """The preset's variant that fits, else the first preset all of whose columns are there, else usual names."""
    if preset:
        fitting = [columns for columns in PRESETS[preset] if not columns.given(mapping).missing(present)]
        return Chosen((fitting or PRESETS[preset])[0], f"preset {preset}")
    for name, variants in PRESETS.items():
        for columns in variants:
            if set(columns.given(mapping).wanted) <= set(present):
                return Chosen(columns, f"preset {name}")
    usual: dict[str, Any] = {role: next((name for name in USUAL[role] if name in present), "") for role in ROLES}
    return Chosen(Columns(**usual), "columns as usually called")


def _names(present: Sequence[str]) -> str:
    shown = ", ".join(present[:MOST_NAMES]) or "none"
    return f"{shown}, ..." if len(present) > MOST_NAMES else shown

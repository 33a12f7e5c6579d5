"""Who made a data set: plug-ins by recipe, with model, revision and licence as the plug-ins say of themselves."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from infra.licences import RIGHTS
from schemas.errors import UserError
from schemas.ports import Info
from streams.dataset.tally import Tally
from streams.records import Campaign
from workers import roster

SIMULATED = frozenset({"simulated", "null"})
"""Plug-ins that stand in for models: what they draw, edit and say is made up, at set rates."""
COUNTED = ("generator", "editor", "judge")
"""Kinds whose recipes are in every row; of the others the campaigns' notes tell."""


@dataclass(frozen=True, slots=True)
class Maker:
    """A plug-in of a kind; `rows` it had a part in, None where that is not counted.

    `licence` is "" for a plug-in that this version does not have.
    """

    kind: str
    recipe: str
    rows: int | None
    model: str = ""
    revision: str = ""
    licence: str = ""
    rights: str = ""

    @property
    def name(self) -> str:
        """The plug-in's file name."""
        return self.recipe.partition("@")[0]

    @property
    def simulated(self) -> bool:
        """Whether it stands in for a model."""
        return self.name in SIMULATED

    @property
    def commercial(self) -> bool:
        """Whether its outputs are known to be free for commercial use."""
        return self.rights == RIGHTS[True]


def makers(tally: Tally, notes: Iterable[Campaign]) -> list[Maker]:
    """Everybody named by rows or notes, by kind in the order they work, the busiest first."""
    named = {(kind, name): 0 for note in notes for kind, name in _noted(note)}
    counted = {
        (kind, recipe): number
        for kind in COUNTED
        for recipe, number in tally.axes.get(kind, {}).items()
        if recipe
    }  # fmt: skip
    busy = {kind for kind, _ in counted}
    others = {key: None for key in named if key[0] not in busy}
    everybody: Mapping[tuple[str, str], int | None] = {**counted, **others}
    order = list(roster.FOLDERS)
    ranked = sorted(everybody, key=lambda key: (order.index(key[0]), -(everybody[key] or 0), key[1]))
    return [_maker(kind, recipe, everybody[kind, recipe]) for kind, recipe in ranked]


def _noted(note: Campaign) -> Iterator[tuple[str, str]]:
    """(kind, recipe) of those who worked on a campaign; a chain of screens has one recipe, and is told apart."""
    if prompter := note.prompts.partition(":")[0]:
        yield "prompter", "file" if prompter.endswith(".jsonl") else prompter
    for kind, recipe in note.plugins.items():
        name, at, digest = recipe.partition("@")
        parts = name.split("+")
        for part in parts:
            if kind in roster.KINDS:
                yield kind, part if len(parts) > 1 else f"{part}{at}{digest}"


def _maker(kind: str, recipe: str, rows: int | None) -> Maker:
    try:
        info: Info = roster.plugin_class(kind, recipe.partition("@")[0]).INFO
    except (UserError, ImportError):
        return Maker(kind, recipe, rows)
    return Maker(kind, recipe, rows, info.repository, info.revision, info.licence, RIGHTS[info.commercial])

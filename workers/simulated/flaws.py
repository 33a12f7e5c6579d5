"""Plants flaws into an edit: the wrong thing, too much, too little, or damage to its pixels."""

import random
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from workers.simulated import damage
from workers.simulated.change import Change, apply
from workers.simulated.pen import Bytes
from workers.simulated.proposals import propose
from workers.simulated.render import outline
from workers.simulated.scene import Flaw, Scene, Severity
from workers.simulated.vocabulary import KINDS

Retouch = Callable[[Bytes, Bytes, np.random.Generator], Bytes]
"""(source, edited, chance) -> edited pixels with the flaw."""

BLATANT = (
    "no-op",
    "no-op",
    "wrong object",
    "wrong object",
    "extra change",
    "extra change",
    "global shift",
    "colour cast",
    "residue",
    "artefact",
)
SUBTLE = ("extra change", "residue", "artefact")
UNSEEN = ("no-op", "dust")


@dataclass(frozen=True, slots=True)
class Planted:
    """The scene that is drawn instead, the flaw, and what is done to its pixels."""

    scene: Scene
    flaw: Flaw | None = None
    retouch: Retouch | None = None


def plant(scene: Scene, change: Change, severity: Severity | None, rng: random.Random) -> Planted:
    """What comes of `change` on `scene` with a flaw of that severity; None leaves it flawless."""
    after = apply(scene, change)
    if severity is None:
        return Planted(after)
    kind = rng.choice({"blatant": BLATANT, "subtle": SUBTLE, "unseen": UNSEEN}[severity])
    planted = _PLANTERS[kind](scene, after, change, severity, rng)
    return planted or _artefact(scene, after, change, severity, rng)


def noop(scene: Scene, why: str, severity: Severity = "blatant") -> Planted:
    """Nothing happens."""
    return Planted(scene, Flaw(kind="no-op", severity=severity, words=why))


def _nothing(scene: Scene, _after: Scene, _change: Change, severity: Severity, _rng: random.Random) -> Planted | None:
    return noop(scene, "nothing was changed", severity)


def _wrong(scene: Scene, _after: Scene, change: Change, severity: Severity, rng: random.Random) -> Planted | None:
    """The edit hits another thing, or another edit is done."""
    others = [t.kind for t in scene.things if t.kind not in change.targets]
    if others and (change.remove or change.of):
        kind = rng.choice(others)
        other = Change(remove=kind) if change.remove else change.model_copy(update={"of": kind, "place": None})
        drawn = apply(scene, other)
        words = f"the {KINDS[kind].noun} was edited instead"
    else:
        drawn = _another(scene, change, rng)
        words = "another edit was made than was asked"
    if drawn == scene:
        return None
    return Planted(drawn, Flaw(kind="wrong object", severity=severity, words=words))


def _another(scene: Scene, change: Change, rng: random.Random) -> Scene:
    for operation in rng.sample(("recolor", "remove", "add", "resize_object", "replace"), 5):
        other = propose(operation, scene, rng)
        if other is not None and not set(other.targets) & set(change.targets):
            return apply(scene, other)
    return scene


def _extra(_scene: Scene, after: Scene, change: Change, severity: Severity, rng: random.Random) -> Planted | None:
    """The edit is right, but something else changes with it."""
    spared = [t.kind for t in after.things if t.kind not in change.targets]
    operations = (
        ("recolor", "resize_object", "rotate_object")
        if severity == "subtle"
        else ("remove", "replace", "recolor", "move_object")
    )
    if severity == "blatant" and rng.random() < 0.3:
        operations = ("background", "surface", *operations)
    drawn, found = after, []
    for operation in rng.sample(operations, len(operations)):
        other = propose(operation, drawn, rng)
        if (
            other is None
            or (set(other.targets) - set(spared) and not other.scene)
            or set(other.scene) & set(change.scene)
        ):
            continue
        name = next(iter(other.targets), next(iter(other.scene), ""))
        if name in found:
            continue
        drawn = apply(drawn, other)
        found.append(name)
        if len(found) == (1 if severity == "subtle" else 2):
            break
    if not found:
        return None
    named = " and ".join(f"the {KINDS[name].noun if name in KINDS else name}" for name in found)
    return Planted(drawn, Flaw(kind="extra change", severity=severity, words=f"{named} changed too, unasked"))


def _residue(_scene: Scene, after: Scene, _change: Change, severity: Severity, _rng: random.Random) -> Planted | None:
    share = 0.55 if severity == "blatant" else 0.26
    flaw = Flaw(kind="residue", severity=severity, words="what was there before shines through")
    return Planted(after, flaw, lambda before, edited, _chance: damage.ghost(before, edited, share))


def _shift(_scene: Scene, after: Scene, _change: Change, severity: Severity, _rng: random.Random) -> Planted | None:
    flaw = Flaw(kind="global shift", severity=severity, words="the whole picture slipped sideways")
    return Planted(after, flaw, lambda _before, edited, chance: damage.shift(edited, chance))


def _cast(_scene: Scene, after: Scene, _change: Change, severity: Severity, _rng: random.Random) -> Planted | None:
    flaw = Flaw(kind="colour cast", severity=severity, words="a colour cast lies over everything")
    return Planted(after, flaw, lambda _before, edited, chance: damage.cast(edited, chance))


def _artefact(scene: Scene, after: Scene, change: Change, severity: Severity, rng: random.Random) -> Planted:
    """Torn bands or a smear where the edit is."""
    kinds = change.targets or tuple(t.kind for t in after.things)
    thing = next((t for t in (*after.things, *scene.things) if t.kind in kinds), None)
    box = (
        outline(after, thing)
        if thing
        else (after.width // 3, after.height // 3, after.width * 2 // 3, after.height * 2 // 3)
    )
    tear = damage.glitch if rng.random() < 0.5 else damage.melt
    if severity == "blatant":
        flaw = Flaw(kind="artefact", severity=severity, words="the edited part is torn and distorted")
        return Planted(after, flaw, lambda _before, edited, chance: tear(edited, box, chance))
    flaw = Flaw(kind="artefact", severity=severity, words="a smear is left on the edited part")
    return Planted(after, flaw, lambda _before, edited, chance: damage.blotch(edited, box, chance))


def _dust(scene: Scene, _after: Scene, _change: Change, severity: Severity, _rng: random.Random) -> Planted | None:
    flaw = Flaw(kind="dust", severity=severity, words="single pixels changed all over and nothing else")
    return Planted(scene, flaw, lambda before, _edited, chance: damage.dust(before, chance))


_PLANTERS: dict[str, Callable[[Scene, Scene, Change, Severity, random.Random], Planted | None]] = {
    "no-op": _nothing, "wrong object": _wrong, "extra change": _extra, "global shift": _shift, "colour cast": _cast,
    "residue": _residue, "artefact": _artefact, "dust": _dust,
}  # fmt: skip

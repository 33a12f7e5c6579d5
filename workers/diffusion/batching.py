"""How the jobs of a batch become the arguments of one call, by family of pipelines; and what they share.

Pipelines read lists in different ways: some pair the n-th prompt with the n-th picture, some take several pictures as
references of every prompt, and with `num_images_per_prompt` above one some pair wrongly and say nothing (diffusers
0.42). So the rule is declared by class, and every rule is tested against single calls.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from workers.diffusion.rows import Row

KEPT = 64
"""Encodings kept from call to call, of texts and of sources each: at most a few megabytes apiece."""

Arguments = dict[str, Any]


@dataclass
class Encodings:
    """What was encoded, by name: the latest `room` of each kind. `made` counts how often something had to be."""

    room: int = KEPT
    made: dict[str, int] = field(default_factory=dict)
    _kept: dict[str, OrderedDict[Hashable, Any]] = field(default_factory=dict)

    def get(self, kind: str, name: Hashable, make: Callable[[], Any]) -> Any:
        """What is kept under the name, or what `make` gives now."""
        kept = self._kept.setdefault(kind, OrderedDict())
        if name not in kept:
            self.made[kind] = self.made.get(kind, 0) + 1
            kept[name] = make()
        kept.move_to_end(name)
        found = kept[name]
        while len(kept) > self.room:
            kept.popitem(last=False)
        return found

    def clear(self) -> None:
        """Let go of everything, to have its memory."""
        self._kept.clear()


class Batching:
    """A rule for one pipeline. `fixed`: the arguments that every call has."""

    edits: ClassVar[bool | None] = None
    """Whether the pipeline edits a picture (None: it may)."""

    def __init__(self, pipe: Any, fixed: Arguments, encodings: Encodings) -> None:
        self.pipe, self.fixed, self.encodings = pipe, dict(fixed), encodings
        self.negative: str = self.fixed.get("negative_prompt") or ""
        guided = float(self.fixed.get("true_cfg_scale") or 0.0) > 1.0
        self.sized = True
        self.true_cfg = guided and self.fixed.get("negative_prompt") is not None

    def together(self, _row: Row) -> Hashable:
        """Rows for which this is equal, and the size, may share a call."""
        return ()

    def arguments(self, rows: Sequence[Row]) -> Arguments:
        """The arguments of one call for these rows, besides `fixed`, the size and the generators."""
        raise NotImplementedError

    def encoded(self, kind: str, name: Hashable, make: Callable[[], Any]) -> Any:
        """A shared encoding, made without gradients."""
        import torch

        def quietly() -> Any:
            with torch.no_grad():
                return make()

        return self.encodings.get(kind, name, quietly)

    def pixels(self, row: Row, **how: Any) -> Any:
        """The row's source as the pipeline's own processor gives it, where the autoencoder is to read it."""
        made = self.pipe.image_processor.preprocess(row.source, height=row.size.height, width=row.size.width, **how)
        return made.to(device=self.pipe._execution_device, dtype=self.pipe.vae.dtype)


class Listed(Batching):
    """Each row one entry of every list: for pipelines that pair the n-th prompt with the n-th picture."""

    def arguments(self, rows: Sequence[Row]) -> Arguments:
        """Lists of texts and sources; nothing is shared."""
        found: Arguments = {"prompt": [row.text for row in rows]}
        if rows[0].source is not None:
            found["image"] = [row.source for row in rows]
        if self.fixed.get("negative_prompt") is not None:
            found["negative_prompt"] = [self.negative] * len(rows)
        return found


class Repeated(Batching):
    """Attempts of one text on one source share a call, in which the pipeline encodes both once: right for all."""

    def together(self, row: Row) -> Hashable:
        """The text and the source."""
        return row.text, row.name

    def arguments(self, rows: Sequence[Row]) -> Arguments:
        """One text, one source, as many pictures as there are rows."""
        found: Arguments = {"prompt": rows[0].text, "num_images_per_prompt": len(rows)}
        if rows[0].source is not None:
            found["image"] = rows[0].source
        return found


def rule_for(pipeline: str, named: str, edits: bool) -> type[Batching]:
    """The rule of a pipeline class; by `named` ("listed", "repeated") or a safe one where the class is not known."""
    from workers.diffusion.families import FAMILIES

    if named:
        return {"listed": Listed, "repeated": Repeated}[named]
    if pipeline in FAMILIES:
        return FAMILIES[pipeline]
    return Repeated if edits else Listed

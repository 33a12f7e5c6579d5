"""The machine-readable form of a photographic edit: an operation, a variant of it, and exact parameters."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from schemas.errors import Reject

Params = Mapping[str, float | str]
Allowed = tuple[float, float] | tuple[str, ...]
"""A number's closed range, or the words allowed (none named: any text)."""


@dataclass(frozen=True, slots=True)
class Effect:
    """One edit; `variant` names its wording, `params` its strength, place and so on."""

    operation: str
    variant: str
    params: Params = field(default_factory=dict)

    def number(self, name: str) -> float:
        """A numeric parameter."""
        return float(self.params[name])

    def word(self, name: str) -> str:
        """A textual parameter."""
        return str(self.params[name])

    def but(self, **changed: float | str) -> "Effect":
        """The same edit with other parameters."""
        return Effect(self.operation, self.variant, {**self.params, **changed})

    def dump(self) -> str:
        """JSON for `Request.effect`, canonical."""
        head = {"op": self.operation, "variant": self.variant}
        return json.dumps({**head, **self.params}, ensure_ascii=False, separators=(",", ":"))


PARAMS: Mapping[str, Mapping[str, Allowed]] = {
    "exposure": {"stops": (-3.0, 3.0)},
    "contrast": {"gain": (0.2, 4.0)},
    "saturation": {"factor": (0.05, 3.0)},
    "color_temperature": {"warmth": (-1.5, 1.5)},
    "tint": {"color": ("rose", "blue", "green", "amber", "violet"), "strength": (0.05, 1.0)},
    "monochrome": {"strength": (0.05, 1.0)},
    "vignette": {"stops": (-4.0, -0.1)},
    "season": {"to": ("winter", "autumn"), "strength": (0.05, 2.0)},
    "time_of_day": {"to": ("night", "dusk", "golden"), "strength": (0.05, 1.2)},
    "lighting": {"side": ("left", "right", "top", "middle"), "stops": (0.1, 3.0)},
    "blur_background": {"x": (0, 1), "y": (0, 1), "rx": (0.05, 1), "ry": (0.05, 1), "sigma": (0.5, 40)},
    "dim_surroundings": {"x": (0, 1), "y": (0, 1), "rx": (0.05, 1), "ry": (0.05, 1), "stops": (-4.0, -0.1)},
    "blur": {"sigma": (0.5, 40)},
    "sharpen": {"amount": (0.1, 5.0), "sigma": (0.5, 10)},
    "grain": {"sigma": (1.0, 40.0)},
    "degrade": {"strength": (0.05, 1.5)},
    "rotate": {"degrees": (90, 270)},
    "flip": {"axis": ("horizontal", "vertical")},
    "crop": {"x": (0, 1), "y": (0, 1), "w": (0.1, 1), "h": (0.1, 1)},
    "zoom": {"factor": (1.05, 6.0)},
    "frame": {"color": ("white", "black", "gold", "brown"), "width": (0.005, 0.25)},
    "caption": {"text": (), "where": ("bottom", "top")},
}
"""Every operation the photographic plug-ins know, with its parameters. Stops and `warmth` are in linear light."""


def parse(text: str) -> Effect:
    """The edit in a request's `effect`; raises `Reject` for none, for one of other plug-ins, or a wrong parameter."""
    if not text:
        raise Reject("the request has no effect; give an effect or use another editor, judge or writer")
    try:
        raw = json.loads(text)
        operation, variant = str(raw.pop("op")), str(raw.pop("variant", ""))
    except (ValueError, KeyError, AttributeError, TypeError):
        raise Reject("the request's effect is not photographic JSON; use the plug-ins that made it") from None
    if operation not in PARAMS:
        raise Reject(f"the photographic plug-ins know no {operation!r}; use another editor, judge or writer")
    return Effect(operation, variant, {name: _checked(operation, name, raw.get(name)) for name in PARAMS[operation]})


def _checked(operation: str, name: str, value: object) -> float | str:
    allowed = PARAMS[operation][name]
    if allowed and isinstance(allowed[0], int | float):
        if isinstance(value, int | float) and allowed[0] <= value <= float(allowed[1]):
            return value
        raise Reject(f"effect {operation}: {name} must be a number from {allowed[0]} to {allowed[1]}, not {value!r}")
    if isinstance(value, str) and (not allowed or value in allowed):
        return value
    raise Reject(f"effect {operation}: {name} must be one of {', '.join(map(str, allowed)) or 'text'}, not {value!r}")

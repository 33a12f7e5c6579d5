"""One effect of every variant that the photographic plug-ins know: the table their tests go by."""

from workers.photographic.effect import Effect

ELLIPSE = {"x": 0.48, "y": 0.55, "rx": 0.26, "ry": 0.3}

EFFECTS: tuple[Effect, ...] = (
    Effect("exposure", "brighter", {"stops": 0.8}),
    Effect("exposure", "much_brighter", {"stops": 1.4}),
    Effect("exposure", "darker", {"stops": -0.8}),
    Effect("contrast", "more", {"gain": 1.55}),
    Effect("contrast", "less", {"gain": 0.6}),
    Effect("saturation", "more", {"factor": 1.5}),
    Effect("saturation", "less", {"factor": 0.45}),
    Effect("color_temperature", "warmer", {"warmth": 0.5}),
    Effect("color_temperature", "cooler", {"warmth": -0.5}),
    Effect("tint", "filter", {"color": "rose", "strength": 0.7}),
    Effect("tint", "filter", {"color": "green", "strength": 0.7}),
    Effect("monochrome", "neutral", {"strength": 1.0}),
    Effect("vignette", "corners", {"stops": -2.2}),
    Effect("season", "winter", {"to": "winter", "strength": 1.0}),
    Effect("season", "autumn", {"to": "autumn", "strength": 1.0}),
    Effect("time_of_day", "night", {"to": "night", "strength": 1.0}),
    Effect("time_of_day", "dusk", {"to": "dusk", "strength": 1.0}),
    Effect("time_of_day", "golden", {"to": "golden", "strength": 1.0}),
    *(Effect("lighting", side, {"side": side, "stops": 2.4}) for side in ("left", "right", "top", "middle")),
    Effect("blur_background", "around", {**ELLIPSE, "sigma": 4.0}),
    Effect("dim_surroundings", "around", {**ELLIPSE, "stops": -1.8}),
    Effect("blur", "soft", {"sigma": 2.0}),
    Effect("sharpen", "crisp", {"amount": 1.4, "sigma": 1.5}),
    Effect("grain", "film", {"sigma": 12.0}),
    Effect("degrade", "print", {"strength": 1.0}),
    Effect("rotate", "right", {"degrees": 90}),
    Effect("rotate", "left", {"degrees": 270}),
    Effect("rotate", "half", {"degrees": 180}),
    Effect("flip", "mirror", {"axis": "horizontal"}),
    Effect("flip", "upside", {"axis": "vertical"}),
    Effect("crop", "left", {"x": 0, "y": 0, "w": 0.5, "h": 1}),
    Effect("crop", "right", {"x": 0.5, "y": 0, "w": 0.5, "h": 1}),
    Effect("crop", "top", {"x": 0, "y": 0, "w": 1, "h": 0.5}),
    Effect("crop", "bottom", {"x": 0, "y": 0.5, "w": 1, "h": 0.5}),
    Effect("crop", "square", {"x": 0.125, "y": 0, "w": 0.75, "h": 1}),
    Effect("zoom", "closer", {"factor": 1.5}),
    Effect("zoom", "close", {"factor": 2.0}),
    Effect("frame", "plain", {"color": "white", "width": 0.05}),
    Effect("frame", "plain", {"color": "gold", "width": 0.05}),
    Effect("caption", "line", {"text": "One fine day", "where": "bottom"}),
    Effect("caption", "line", {"text": "Chapter One", "where": "top"}),
)


def name(effect: Effect) -> str:
    """A test's name for an effect."""
    words = [value for value in effect.params.values() if isinstance(value, str)]
    return "-".join((effect.operation, effect.variant, *words[:1])).replace(" ", "_")

"""The families of tiny pipelines as plug-ins, and jobs for them: two sources, two texts, several seeds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from schemas import ids
from schemas import messages as m
from schemas.ports import Image, Task
from tests.tiny import SIDE

TOLERANCE = 2e-5
"""Between a picture drawn alone and in a batch, in fp32 on a CPU, floats in 0..1 (4e-6 was measured)."""
TEXTS = ("make the sky red", "a blue cat, seen from far away")


@dataclass(frozen=True)
class Family:
    """A tiny pipeline and the plug-in that runs it; `single`: what a bare call needs besides."""

    pipeline: str
    kind: str
    plugin: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    single: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.kind}-{self.pipeline}"


SHORT = {"steps": 2, "max_sequence_length": 24}
GENERATORS = (
    Family("flux", "generator", "flux", SHORT),
    Family("klein", "generator", "flux2_klein", SHORT),
    Family("zimage", "generator", "diffusers", {**SHORT, "like": "z-image-turbo"}),
    Family("qwen_image", "generator", "diffusers", {"steps": 2, "like": "qwen-image"}),
    Family("sana", "generator", "diffusers", {**SHORT, "like": "sana"}),
)
EDITORS = (
    Family("kontext", "editor", "flux_kontext", SHORT, {"max_area": SIDE * SIDE, "_auto_resize": False}),
    Family(
        "kontext", "editor", "flux_kontext", {**SHORT, "true_cfg": 2, "negative": "dull"},
        {"max_area": SIDE * SIDE, "_auto_resize": False},
    ),
    Family("klein", "editor", "flux2_klein", SHORT),
    Family("klein_base", "editor", "flux2_klein", {**SHORT, "guidance": 3}),
    Family("pix2pix", "editor", "instruct_pix2pix", {"steps": 2}),
    Family("qwen_edit", "editor", "qwen_image_edit", SHORT),
    Family("qwen_edit_plus", "editor", "qwen_image_edit", SHORT),
    Family("kontext", "editor", "diffusers", SHORT, {"max_area": SIDE * SIDE, "_auto_resize": False}),
)  # fmt: skip
FLUX, KONTEXT, KLEIN, PIX2PIX, QWEN = GENERATORS[0], EDITORS[0], EDITORS[2], EDITORS[4], EDITORS[5]


def pixels(number: int, width: int = SIDE, height: int = SIDE) -> Any:
    """A picture of its own for each number: blotches, and stripes of its own colour."""
    made = np.random.default_rng(number).integers(0, 255, (height, width, 3)).astype(np.uint8)
    made[:: 2 + number % 3, :, number % 3] = 255
    return made


def edit(
    source: int = 0, text: str = TEXTS[0], seed: int = 0, width: int = SIDE, height: int = SIDE
) -> Task[m.EditJob]:
    """An attempt of one instruction on one source."""
    name = f"{source}-{width}x{height}"
    ref = m.ImageRef(key=f"scratch/{name}", sha256=ids.digest(name) * 2, width=width, height=height)
    subject = m.Subject(campaign="c", source_id=f"{source:032}", prompt_id="p", image=ref)
    request = m.Request(instruction=text, operation="recolor")
    job = m.EditJob(
        job_id=ids.digest(name, text, seed), policy_id="p", subject=subject, request=request, request_id="r",
        attempt=seed, seed=seed,
    )  # fmt: skip
    return Task(job, (Image(pixels(source, width, height)),))


def prompt(text: str = TEXTS[0], seed: int = 0, width: int = SIDE, height: int = SIDE) -> Task[m.Prompt]:
    """One (prompt, seed)."""
    requests = (m.Request(instruction="Remove it.", operation="remove"),)
    return Task(
        m.Prompt(
            campaign="c", prompt_id=ids.digest(text), text=text, style="s", seed=seed, width=width, height=height,
            requests=requests,
        )
    )  # fmt: skip

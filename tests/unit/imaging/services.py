"""Both services that draw, as the scripted server speaks for them, and jobs for their editors and generators."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from schemas.messages import EditJob, Prompt, Request
from schemas.ports import Billed, Image, Task
from tests.golden import samples
from tests.unit.language.services import KEYS
from tests.unit.photographic.scenes import photograph
from tests.wire.gemini import gemini_error, gemini_image
from tests.wire.openai import openai_error, openai_images
from tests.wire.server import Wire
from tests.wire.traffic import Reply
from tests.wire.traffic import Request as Sent
from workers import roster
from workers.plugin import Access

SECRET = '{"scene":"the truth about this picture"}'
WIDTH, HEIGHT = 96, 64
SOURCE = Image(photograph(WIDTH, HEIGHT, seed=1), SECRET)
EDITED = photograph(WIDTH, HEIGHT, seed=2)


def file(pixels: NDArray[np.uint8], kind: str = "PNG", **more: Any) -> bytes:
    """Pixels as a file."""
    out = BytesIO()
    PIL.Image.fromarray(pixels).save(out, kind, **more)
    return out.getvalue()


@dataclass(frozen=True)
class Service:
    """One vendor's wire: how it draws and complains, and what an editor sent it."""

    name: str
    model: str
    path: str
    edits: str
    draws: str
    picture: Callable[[bytes], Reply]
    error: Callable[..., Reply]

    def plugin(self, wire: Wire, kind: str = "editor", **options: Any) -> Any:
        """A loaded plug-in that calls the server."""
        given = {"model": self.model, "url": wire.url + self.path, "timeout_s": 10, **options}
        plugin = roster.build(kind, self.name, given)
        plugin.access = Access(lambda service: KEYS.get(service, ""))
        plugin.load()
        return plugin

    def sent(self, request: Sent) -> tuple[str, bytes, str]:
        """Words, file and type of the file in a request for an edit."""
        if self.name == "gemini":
            words, inline = request.json["contents"][0]["parts"]
            data = inline["inlineData"]
            return words["text"], base64.urlsafe_b64decode(data["data"]), data["mime_type"]
        parts = {name: (kind, data) for name, _, kind, data in request.form}
        return parts["prompt"][1].decode(), parts["image"][1], parts["image"][0]


GEMINI = Service(
    "gemini", "gemini-nano-banana-2.1", "", "generate", "generate", gemini_image, gemini_error
)  # fmt: skip
OPENAI = Service(
    "openai", "gpt-image-2", "/v1", "images.edits", "images.generations", openai_images, openai_error
)  # fmt: skip
SERVICES = (GEMINI, OPENAI)


def edit_job(words: str = "Make the boat blue.", seed: int = 7, image: Image = SOURCE) -> Task[EditJob]:
    request = Request(instruction=words, operation="recolor", effect=SECRET)
    return Task(samples.EDIT_JOB.model_copy(update={"request": request, "seed": seed}), (image,))


def prompt(words: str = "a red boat", width: int = 48, height: int = 32, seed: int = 7) -> Task[Prompt]:
    update = {"text": words, "width": width, "height": height, "seed": seed}
    return Task(samples.PROMPT.model_copy(update=update))


def one(results: list[Billed]) -> Any:
    """The only result."""
    (billed,) = results
    return billed.result


def edited(service: Service, wire: Wire, *replies: Reply, **options: Any) -> Any:
    """What the editor makes of one job, after these replies."""
    wire.on(service.edits, *replies)
    return one(service.plugin(wire, **options).edit([edit_job()]))

"""What the services are sent: words, files and settings, and nothing of the truth."""

from typing import Any

import numpy as np
import pytest

from schemas.errors import UserError
from tests.unit.imaging.services import (
    EDITED,
    GEMINI,
    HEIGHT,
    OPENAI,
    SECRET,
    SERVICES,
    SOURCE,
    WIDTH,
    Service,
    edit_job,
    edited,
    file,
    one,
    prompt,
)
from tests.wire.gemini import gemini_image
from tests.wire.openai import openai_images
from tests.wire.server import Wire
from workers import roster
from workers.imaging.files import seen
from workers.imaging.openai import OpenAIDrawingOptions
from workers.imaging.openai_calls import OpenAIImages
from workers.language.asking import Drawing, Question

EACH = pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
DRAWN = file(EDITED)


def form(wire: Wire) -> dict[str, str]:
    (request,) = wire.requests("images.edits")
    return {name: data.decode() for name, filename, _, data in request.form if filename is None}


def config(wire: Wire) -> Any:
    (request,) = wire.requests("generate")
    return request.json["generationConfig"]


@EACH
@pytest.mark.parametrize("sends", ["png", "webp", "jpeg"])
def test_an_editor_sends_the_instruction_and_the_pixels_and_nothing_of_the_truth(
    wire: Wire, service: Service, sends: str
) -> None:
    edited(service, wire, service.picture(DRAWN), sends=sends)
    (request,) = wire.requests(service.edits)
    words, data, kind = service.sent(request)
    assert words == "Make the boat blue."
    assert kind == f"image/{sends}"
    assert sends == "jpeg" or np.array_equal(seen(data), SOURCE.pixels)
    assert SECRET.encode() not in request.body
    assert not any(word in data for word in (b"truth", b"note", b"XMP", b"Exif", b"tEXt", b"iTXt"))


@EACH
def test_words_can_follow_every_instruction_and_prompt(wire: Wire, service: Service) -> None:
    edited(service, wire, service.picture(DRAWN), also="Change nothing else.")
    words, _, _ = service.sent(wire.requests(service.edits)[0])
    assert words == "Make the boat blue. Change nothing else."


@EACH
def test_each_attempt_is_one_call(wire: Wire, service: Service) -> None:
    wire.on(service.edits, service.picture(DRAWN))
    results = service.plugin(wire).edit([edit_job(seed=seed) for seed in range(5)])
    assert len(results) == len(wire.requests(service.edits)) == 5


def test_a_server_of_ones_own_is_told_size_and_seed_and_asked_for_base64(wire: Wire) -> None:
    edited(OPENAI, wire, openai_images(DRAWN))
    assert form(wire) == {
        "model": "gpt-image-2", "prompt": "Make the boat blue.", "n": "1", "size": f"{WIDTH}x{HEIGHT}",
        "response_format": "b64_json", "seed": "7",
    }  # fmt: skip


def test_a_gateway_to_openai_is_sent_what_openai_knows(wire: Wire) -> None:
    options = {"own": False, "quality": "high", "fidelity": "high", "answers": "webp"}
    edited(OPENAI, wire, openai_images(DRAWN), **options)
    assert form(wire) == {
        "model": "gpt-image-2", "prompt": "Make the boat blue.", "n": "1", "size": "1008x672",
        "quality": "high", "input_fidelity": "high", "output_format": "webp",
    }  # fmt: skip


def test_settings_of_open_servers_are_fields_of_the_form(wire: Wire) -> None:
    given = {"steps": 28, "guidance": 2.5, "negative": "blur", "extra": "true_cfg_scale:4.0;scheduler:euler"}
    edited(OPENAI, wire, openai_images(DRAWN), size="auto", **given)
    told = {"num_inference_steps": "28", "guidance_scale": "2.5", "negative_prompt": "blur", "size": "auto",
            "true_cfg_scale": "4.0", "scheduler": "euler"}  # fmt: skip
    assert told.items() <= form(wire).items()


def test_a_source_is_sent_under_the_name_that_every_server_knows(wire: Wire) -> None:
    edited(OPENAI, wire, openai_images(DRAWN))
    (request,) = wire.requests("images.edits")
    files = [(name, filename, kind) for name, filename, kind, _ in request.form if filename]
    assert files == [("image", "source.png", "image/png")]


def test_a_generator_sends_numbers_as_numbers(wire: Wire) -> None:
    wire.on("images.generations", openai_images(DRAWN))
    plugin = OPENAI.plugin(wire, "generator", steps=9, extra="cfg_normalize:true", fidelity="high")
    one(plugin.generate([prompt(seed=2**62)]))
    (request,) = wire.requests("images.generations")
    assert 0 <= request.json.pop("seed") < 2**31
    assert request.json | {"seed": 0} == {
        "model": "gpt-image-2", "prompt": "a red boat", "n": 1, "size": "48x32", "response_format": "b64_json",
        "num_inference_steps": 9, "cfg_normalize": True, "seed": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("size", "asked"),
    [("", "source"), ("source", "source"), ("grid", "1008x672"), ("three", "1536x1024"), ("512x320", "")],
)
def test_the_size_is_asked_for_as_said(wire: Wire, size: str, asked: str) -> None:
    edited(OPENAI, wire, openai_images(DRAWN), size=size)
    assert form(wire)["size"] == {"source": "96x64", "": size}.get(asked, asked)


def test_gemini_is_asked_for_a_picture_of_the_sources_shape(wire: Wire) -> None:
    edited(GEMINI, wire, gemini_image(DRAWN), resolution="2K", thinking="low")
    found = config(wire)
    assert found["responseModalities"] == ["IMAGE"]
    assert found["imageConfig"] == {"aspectRatio": "3:2", "imageSize": "2K"}
    assert found["seed"] == 7
    assert not {"temperature", "maxOutputTokens", "responseMimeType"} & found.keys()


@pytest.mark.parametrize(("aspect", "wanted"), [("auto", None), ("1:4", "1:4"), ("source", "3:2")])
def test_the_shape_is_asked_for_as_said(wire: Wire, aspect: str, wanted: str | None) -> None:
    edited(GEMINI, wire, gemini_image(DRAWN), aspect=aspect)
    assert config(wire).get("imageConfig", {}).get("aspectRatio") == wanted


def test_gemini_draws_prompts_in_the_most_alike_shape(wire: Wire) -> None:
    wire.on("generate", gemini_image(DRAWN))
    one(GEMINI.plugin(wire, "generator").generate([prompt(width=1000, height=700)]))
    assert config(wire)["imageConfig"] == {"aspectRatio": "3:2"}


@pytest.mark.parametrize("kind", ["editor", "generator"])
@EACH
def test_without_a_key_nothing_is_loaded(service: Service, kind: str) -> None:
    plugin = roster.build(kind, service.name, {"model": service.model})
    with pytest.raises(UserError, match="needs an API key; give NHR_"):
        plugin.load()


def test_openais_own_service_is_sent_no_field_it_does_not_know() -> None:
    client = OpenAIImages(OpenAIDrawingOptions(model="gpt-image-2"), "key")
    question = Question("", ("a boat",), seed=7, drawing=Drawing(size="1024x1024"))
    assert client.request(question) == {"model": "gpt-image-2", "prompt": "a boat", "n": 1, "size": "1024x1024"}
    client.close()


@EACH
@pytest.mark.parametrize("seed", [-1, 2**31 - 1, 2**62])
def test_seeds_are_of_31_bits(wire: Wire, service: Service, seed: int) -> None:
    wire.on(service.edits, service.picture(DRAWN))
    one(service.plugin(wire).edit([edit_job(seed=seed)]))
    found = config(wire)["seed"] if service is GEMINI else int(form(wire)["seed"])
    assert 0 <= found < 2**31 - 10**6

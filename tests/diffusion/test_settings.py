"""Settings: those that work do what they say, those that cannot are refused in one line before the first job."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from schemas.errors import UserError
from tests.diffusion.conftest import Load
from tests.diffusion.families import FLUX, KONTEXT, PIX2PIX, QWEN, TOLERANCE, Family, edit, prompt
from tests.tiny import pipeline
from workers import roster
from workers.diffusion import loading
from workers.diffusion.rows import asked
from workers.diffusion.table import ANY, MODELS

# --- refused ----------------------------------------------------------------------------------------------------------

ALONE: dict[str, dict[str, object]] = {
    "compile=regional needs sizes=": {"compile": "regional"},
    "compile=regional and offload": {"compile": "regional", "sizes": "64x64", "offload": "model"},
    "compile=regional and quantise=fp8": {"compile": "regional", "sizes": "64x64", "quantise": "fp8"},
    "quantise=int8 needs offload": {"quantise": "int8", "offload": "group"},
    "dtype=fp16 needs a GPU": {"dtype": "fp16", "device": "cpu"},
    "offload spares a GPU's memory": {"offload": "group", "device": "cpu"},
    "'65x64' is no size": {"sizes": "65x64"},
    "Input should be less than or equal to 16": {"batch": 17},
    "should match pattern": {"device": "gpu"},
    "Input should be 'native'": {"attention": "fast"},
}


@pytest.mark.parametrize("what", ALONE)
def test_settings_that_do_not_go_together_are_refused(what: str) -> None:
    with pytest.raises(UserError) as raised:
        roster.build("editor", "flux_kontext", ALONE[what])
    assert what in str(raised.value)


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        ({"device": "cuda"}, "device=cuda: torch sees no GPU here"),
        ({"offload": "model"}, "offload=model needs a GPU"),
        ({"dtype": "fp16"}, "dtype=fp16 needs a GPU"),
        ({"attention": "cudnn"}, "attention=cudnn needs a GPU"),
        ({"attention": "flash"}, "package flash_attn is not installed; install it for attention=flash"),
        ({"attention": "sage"}, "package sageattention is not installed"),
        ({"quantise": "int8"}, "package torchao is not installed; pip install torchao"),
        ({"true_cfg": 4}, "true_cfg does nothing without a negative prompt"),
    ],
)
def test_what_this_machine_cannot_do_is_refused_at_the_start(
    settings: dict[str, object], what: str, anew: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(UserError, match=what) as raised:
        anew(KONTEXT, **settings)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("family", "settings", "what"),
    [
        (PIX2PIX, {"attention": "math"}, "has no transformer for attention=math"),
        (PIX2PIX, {"max_sequence_length": 64}, "takes no max_sequence_length"),
        (PIX2PIX, {"true_cfg": 2}, "takes no true_cfg_scale"),
        (Family("sana", "generator", "diffusers", {"like": "sana"}),
         {"compile": "regional", "sizes": "64x64"}, "names no blocks to compile"),
        (Family("flux", "editor", "diffusers"), {}, "FluxPipeline only draws"),
        (Family("qwen_edit", "generator", "diffusers"), {}, "QwenImageEditPipeline only edits"),
    ],
)  # fmt: skip
def test_what_the_pipeline_cannot_do_is_refused_at_the_start(
    family: Family, settings: dict[str, object], what: str, anew: Load
) -> None:
    with pytest.raises(UserError, match=what):
        anew(family, **settings)


# --- folders ----------------------------------------------------------------------------------------------------------


def spoilt(root: Path, folder: Path, how: str) -> Path:
    """A copy of a pipeline that something is wrong with."""
    if how == "no folder":
        return folder / "nowhere"
    shutil.copytree(pipeline(root, "flux"), folder, dirs_exist_ok=True)
    index = folder / "model_index.json"
    if how == "no index":
        index.unlink()
    elif how == "no JSON":
        index.write_text("{")
    elif how == "no pipeline":
        index.write_text("[]")
    elif how == "no such class":
        index.write_text(json.dumps({**json.loads(index.read_text()), "_class_name": "NoPipeline"}))
    elif how == "no part":
        shutil.rmtree(folder / "vae")
    elif how == "cut weights":
        weights = folder / "transformer" / "diffusion_pytorch_model.safetensors"
        weights.write_bytes(weights.read_bytes()[:1000])
    return folder


WRONG = {
    "no folder": "no folder ",
    "no index": "holds no model_index.json",
    "no JSON": "model_index.json cannot be read",
    "no pipeline": "model_index.json names no pipeline",
    "no part": "lacks vae",
}


@pytest.mark.parametrize("how", [*WRONG, "no such class", "cut weights"])
def test_a_folder_that_is_no_whole_model_is_refused_in_one_line(how: str, tiny_root: Path, tmp_path: Path) -> None:
    plugin = roster.build("generator", "flux", {"model": str(spoilt(tiny_root, tmp_path / "m", how))})
    with pytest.raises(UserError, match=WRONG.get(how, "cannot be loaded")) as raised:
        plugin.load()
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("how", WRONG)
def test_the_check_says_what_is_wrong_without_loading(how: str, tiny_root: Path, tmp_path: Path) -> None:
    plugin = roster.build("generator", "flux", {"model": str(spoilt(tiny_root, tmp_path / "m", how))})
    (line,) = plugin.check()
    assert WRONG[how] in line


def test_the_check_finds_nothing_wrong_with_a_whole_model(tiny_root: Path) -> None:
    assert roster.build("generator", "flux", {"model": str(pipeline(tiny_root, "flux"))}).check() == []


def test_the_check_names_packages_that_are_missing_and_weights_that_are_not_here() -> None:
    plugin = roster.build("editor", "flux_kontext", {"attention": "flash"})
    (line,) = plugin.check()
    assert line == "package flash_attn is not installed; install it for attention=flash, or choose attention=native"
    (line,) = roster.build("editor", "flux_kontext", {}).check()
    assert line.endswith("is not on this machine; hf download black-forest-labs/FLUX.1-Kontext-dev --revision main")


def test_a_model_of_the_hub_that_cannot_be_had_is_one_line(anew: Load) -> None:
    with pytest.raises(UserError, match=r"nobody/no-such-model cannot be loaded") as raised:
        anew(FLUX, model="nobody/no-such-model")
    assert "\n" not in str(raised.value)


def test_the_generic_plugin_wants_a_model(tiny_root: Path) -> None:
    pipeline(tiny_root, "flux")
    with pytest.raises(UserError, match="no model is named; give model=FOLDER"):
        roster.build("editor", "diffusers", {}).load()


# --- at work ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("family", "settings", "tolerance"),
    [
        (KONTEXT, {"attention": "math"}, TOLERANCE),
        (KONTEXT, {"attention": "native"}, 0.0),
        (KONTEXT, {"quantise": "fp8"}, 0.1),
        (KONTEXT, {"dtype": "bf16"}, 0.2),
        (PIX2PIX, {"vae_tiling": True}, TOLERANCE),
    ],
)  # fmt: skip
def test_ways_to_run_faster_or_smaller_give_about_the_same_picture(
    family: Family, settings: dict[str, object], tolerance: float, loaded: Load, anew: Load
) -> None:
    row = asked(edit(), loaded(family).at)
    usual = loaded(family).host.draw([row])
    other = anew(family, **settings).host.draw([row])
    anew(family)  # sets the attention of the process back
    assert float((usual - other.float()).abs().max()) <= tolerance


@pytest.mark.parametrize("offload", ["model", "group"])
def test_parts_that_are_kept_elsewhere_give_the_same_picture(offload: str, loaded: Load) -> None:
    plugin = loaded(KONTEXT)
    options: Any = plugin.options.model_copy(update={"batch": 2})
    host = loading.host(MODELS["flux-kontext"], options, True)
    loading.place(host.pipe, offload, "cpu")
    row = asked(edit(), plugin.at)
    assert float((host.draw([row]) - plugin.host.draw([row])).abs().max()) < TOLERANCE


def test_compiled_blocks_are_run_in_padded_batches(anew: Load, loaded: Load) -> None:
    import torch

    torch.compiler.set_stance("force_eager")  # compiling takes minutes; that it is asked for is what counts
    try:
        plugin: Any = anew(KONTEXT, compile="regional", sizes="64x64", batch=4)
        blocks = plugin.host.pipe.transformer.transformer_blocks
        assert all(block._compiled_call_impl is not None for block in blocks)
        assert plugin.host.calls == [1, 2, 4]
        answers = plugin.edit([edit(seed=seed) for seed in range(3)])
        assert plugin.host.calls[3:] == [4]
    finally:
        torch.compiler.set_stance("default")
    usual: Any = loaded(KONTEXT)
    for one, other in zip(usual.edit([edit(seed=seed) for seed in range(3)]), answers, strict=True):
        assert abs(one.pixels.astype(int) - other.pixels).max() <= 1


def test_what_is_set_goes_before_what_the_table_says(loaded: Load) -> None:
    fixed = loaded(FLUX, steps=3, guidance=1.5).host.batching.fixed
    assert fixed == {"num_inference_steps": 3, "guidance_scale": 1.5, "max_sequence_length": 24}
    assert loaded(QWEN).host.batching.fixed["true_cfg_scale"] == 4.0
    pix2pix = loaded(PIX2PIX, image_guidance=1.2).host.batching.fixed
    assert (pix2pix["image_guidance_scale"], pix2pix["guidance_scale"]) == (1.2, 7.5)


def test_the_generic_plugin_tells_of_the_model_it_is_like() -> None:
    like = roster.build("generator", "diffusers", {"like": "z-image-turbo"}).INFO
    assert (like.repository, like.licence, like.steps) == ("Tongyi-MAI/Z-Image-Turbo", "Apache-2.0", 9)
    assert roster.plugin_class("generator", "diffusers").INFO.commercial is ANY.commercial is None


@pytest.mark.parametrize("name", MODELS)
def test_a_model_of_the_table_says_where_it_comes_from(name: str) -> None:
    model = MODELS[name]
    assert model.repository.count("/") == 1
    assert model.steps > 0
    assert model.licence


def test_the_same_seed_gives_the_same_picture_and_another_one_another(loaded: Load) -> None:
    plugin: Any = loaded(FLUX)
    one, again, other = (plugin.generate([prompt(seed=seed)])[0].pixels for seed in (5, 5, 6))
    assert (one == again).all()
    assert abs(one.astype(int) - other).max() > 10

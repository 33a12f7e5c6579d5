"""What goes wrong on a GPU: too little memory, pictures that are none, a device that is gone."""

from collections.abc import Callable
from typing import Any

import pytest

from schemas.errors import Fatal, Reject
from schemas.ports import Image
from tests.diffusion.conftest import Load
from tests.diffusion.families import FLUX, KONTEXT, PIX2PIX, Family, edit, prompt


def hooked(plugin: Any, do: Callable[[Any], Any]) -> None:
    """Have `do` at what each run of the denoising network gave; what it gives takes its place."""
    network = getattr(plugin.host.pipe, "transformer", None) or plugin.host.pipe.unet
    network.register_forward_hook(lambda _module, _args, out: do(out))


def out_of_memory_beyond(rows: int) -> Callable[[Any], None]:
    import torch

    def check(out: Any) -> None:
        if len(out[0]) > rows:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")

    return check


def test_out_of_memory_halves_the_batch_and_the_next_ones_begin_there(anew: Load) -> None:
    plugin: Any = anew(KONTEXT, batch=8)
    usual = plugin.edit([edit(seed=seed) for seed in range(8)])
    hooked(plugin, out_of_memory_beyond(2))
    plugin.host.calls.clear()
    answers = plugin.edit([edit(seed=seed) for seed in range(8)])
    assert plugin.host.calls == [8, 4, 2, 2, 4, 2, 2]
    for one, other in zip(usual, answers, strict=True):
        assert abs(one.pixels.astype(int) - other.pixels).max() <= 1
    plugin.host.calls.clear()
    plugin.edit([edit(seed=seed) for seed in range(5)])
    assert plugin.host.calls == [2, 2, 1]


def test_a_picture_that_does_not_fit_alone_is_no_fault_of_its_job(anew: Load) -> None:
    plugin: Any = anew(FLUX, batch=2)
    hooked(plugin, out_of_memory_beyond(0))
    answers = plugin.generate([prompt(seed=1), prompt(seed=2)])
    assert [type(answer) for answer in answers] == [MemoryError] * 2
    assert str(answers[0]).startswith("a single picture of 64x64 does not fit in memory; set smaller sizes")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize("family", [KONTEXT, FLUX], ids=str)
def test_a_picture_that_is_not_finite_is_rejected_and_others_stand(family: Family, value: float, anew: Load) -> None:
    plugin: Any = anew(family, batch=4)

    def spoil(out: Any) -> Any:
        out[0][1] = value
        return out

    hooked(plugin, spoil)
    tasks = [prompt(seed=seed) if family is FLUX else edit(seed=seed) for seed in range(3)]
    answers = plugin.generate(tasks) if family is FLUX else plugin.edit(tasks)
    assert [type(answer) for answer in answers] == [Image, Reject, Image]
    assert str(answers[1]).startswith("the model gave NaN or infinite values for this picture (seed 1, 64x64")


@pytest.mark.parametrize("level", [-4.0, 4.0])
def test_a_picture_of_one_colour_is_rejected(level: float, anew: Load) -> None:
    import torch

    plugin: Any = anew(PIX2PIX)
    with torch.no_grad():
        plugin.host.pipe.vae.decoder.conv_out.weight.zero_()
        plugin.host.pipe.vae.decoder.conv_out.bias.fill_(level)
    (answer,) = plugin.edit([edit()])
    assert isinstance(answer, Reject)
    colour = "0 0 0" if level < 0 else "255 255 255"
    assert str(answer) == f"the model gave a picture of a single colour (RGB {colour}, seed 0, 64x64)"


def gpu_errors() -> list[Exception]:
    import torch

    return [
        RuntimeError("CUDA error: device-side assert triggered\nCompile with TORCH_USE_CUDA_DSA"),
        torch.AcceleratorError("CUDA error: an illegal memory access was encountered"),
        RuntimeError("CUDA error: CUBLAS_STATUS_EXECUTION_FAILED when calling `cublasSgemm`"),
    ]


def test_an_unrecoverable_error_of_the_gpu_ends_the_process(anew: Load) -> None:
    plugin: Any = anew(FLUX)
    errors = gpu_errors()

    def fail(_out: Any) -> None:
        raise errors[0]

    hooked(plugin, fail)
    while errors:
        with pytest.raises(Fatal, match="the GPU failed and this process can do nothing more with it") as raised:
            plugin.generate([prompt()])
        assert "\n" not in str(raised.value)
        assert raised.value.__cause__ is errors.pop(0)


def test_any_other_error_is_the_plugins_own(anew: Load) -> None:
    plugin: Any = anew(FLUX)

    def fail(_out: Any) -> None:
        raise RuntimeError("shapes differ")

    hooked(plugin, fail)
    with pytest.raises(RuntimeError, match="shapes differ"):
        plugin.generate([prompt()])

"""Brings a pipeline into memory as the settings say; what cannot be is told in one line."""

import inspect
import json
import threading
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from schemas.errors import UserError
from workers.diffusion import troubles
from workers.diffusion.batching import Arguments, Encodings, rule_for
from workers.diffusion.host import Host
from workers.diffusion.options import DiffusionOptions
from workers.diffusion.table import Model

INSTALL = 'pip install "nhr[models]"'
PACKAGES = ("torch", "diffusers", "transformers", "accelerate")
KERNELS = {
    "native": ("native", ""),
    "math": ("_native_math", ""),
    "flex": ("flex", ""),
    "cudnn": ("_native_cudnn", ""),
    "flash": ("flash", "flash_attn"),
    "flash3": ("_flash_3", "flash_attn_interface"),
    "sage": ("sage", "sageattention"),
    "xformers": ("xformers", "xformers"),
}
"""Attention: diffusers' name for it, and the package that brings it."""
ON_CPU = {"native", "math", "flex"}
ONE_AT_A_TIME = threading.Lock()
"""While weights are loaded the libraries patch torch for the whole process: two pipelines at once both fail."""
INDEX = "model_index.json"


def folder_of(model: str) -> Path | None:
    """The folder that `model` means; None where it is a repository of the hub."""
    path = Path(model).expanduser()
    return path if path.exists() or model.startswith(("/", ".", "~")) or model.count("/") != 1 else None


def missing(options: DiffusionOptions) -> list[str]:
    """What the settings need that is not installed, one line each."""
    needed = dict.fromkeys(PACKAGES, INSTALL)
    if package := KERNELS[options.attention][1]:
        needed[package] = f"install it for attention={options.attention}, or choose attention=native"
    if options.quantise == "int8":
        needed["torchao"] = "pip install torchao, or choose quantise=none"
    return [f"package {name} is not installed; {hint}" for name, hint in needed.items() if find_spec(name) is None]


def index_of(folder: Path) -> Mapping[str, Any]:
    """The pipeline's index in the folder; raises `UserError`."""
    hint = f"name a folder with a {INDEX}, or a repository as OWNER/NAME"
    if not folder.is_dir():
        raise UserError(f"no folder {folder}", hint)
    try:
        index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"folder {folder} holds no {INDEX}", hint) from None
    except (OSError, ValueError) as error:
        raise UserError(f"{folder / INDEX} cannot be read ({error})", "copy the model again") from None
    if not isinstance(index, dict) or not isinstance(index.get("_class_name"), str):
        raise UserError(f"{folder / INDEX} names no pipeline", "copy the model again")
    return index


def parts_missing(folder: Path) -> list[str]:
    """Parts that the index names and the folder lacks; raises `UserError` for no index."""
    return [
        name
        for name, part in index_of(folder).items()
        if isinstance(part, list) and part and part[0] is not None and not (folder / name).is_dir()
    ]


def host(model: Model, options: DiffusionOptions, edits: bool, extra: Arguments | None = None) -> Host:
    """The pipeline, ready to work; raises `UserError` for what cannot be."""
    for line in missing(options):
        raise UserError(*line.split("; ", 1))
    where = options.model or model.repository
    folder = _folder(where)
    _quiet()
    device = _device(options)
    pipe = _pipeline(folder or where, model, options, device)
    name = type(pipe).__name__
    rule = rule_for(name, model.batching, edits)
    accepted = inspect.signature(pipe.__call__).parameters
    if (rule.edits is False and edits) or (rule.edits and not edits) or (edits and "image" not in accepted):
        raise UserError(f"{name} {'only draws' if edits else 'only edits'}", "use another model")
    fixed = _arguments(name, accepted, model, options, extra or {})
    _tune(pipe, options)
    place(pipe, options.offload, device)
    batching = rule(pipe, fixed, Encodings())
    batching.sized = "height" in accepted
    return Host(pipe, batching, options.batch, pad=options.compile != "off")


def _quiet() -> None:
    """No bars and no advice on standard error; errors stay."""
    import diffusers
    import transformers

    for library in (diffusers.utils.logging, transformers.utils.logging):
        library.set_verbosity_error()
        library.disable_progress_bar()


def _device(options: DiffusionOptions) -> str:
    """Where the model is to run; raises `UserError` for a device that is not there, or cannot do what is set."""
    import torch

    there = torch.cuda.is_available()
    device = ("cuda" if there else "cpu") if options.device == "auto" else options.device
    if device.startswith("cuda") and not there:
        raise UserError(f"device={device}: torch sees no GPU here", "use device=cpu, or mend the driver")
    if device == "cpu":
        for wrong, what in (
            (options.attention not in ON_CPU, f"attention={options.attention}"),
            (options.offload != "none", f"offload={options.offload}"),
            (options.dtype == "fp16", "dtype=fp16"),
        ):
            if wrong:
                raise UserError(f"{what} needs a GPU, and torch sees none here", "leave it out")
    return device


def _folder(where: str) -> Path | None:
    """The whole folder that holds the model; None for a repository of the hub; raises `UserError`."""
    if not where:
        raise UserError("no model is named", "give model=FOLDER, model=OWNER/NAME or like=NAME")
    folder = folder_of(where)
    if folder is not None and (lost := parts_missing(folder)):
        raise UserError(f"folder {folder} lacks {', '.join(lost)}", "copy the model again")
    return folder


def _pipeline(where: Path | str, model: Model, options: DiffusionOptions, device: str) -> Any:
    import torch
    from diffusers import DiffusionPipeline

    dtype = {"bf16": torch.bfloat16, "fp16": torch.float16, "fp32": torch.float32}
    usual = "fp32" if device == "cpu" else "bf16"
    how: Arguments = {"dtype": dtype[usual if options.dtype == "auto" else options.dtype]}
    if options.quantise == "int8":
        how["quantization_config"] = _int8()
    here = isinstance(where, Path)
    how |= {"local_files_only": True} if here else {"revision": options.revision or model.revision}
    try:
        pipe = DiffusionPipeline.from_pretrained(str(where), **how)
    except Exception as error:
        raise troubles.unloadable(str(where), error) from error
    pipe.set_progress_bar_config(disable=True)
    return pipe


def _int8() -> Any:
    """Weights of the transformer as int8, by torchao."""
    from diffusers import PipelineQuantizationConfig, TorchAoConfig
    from torchao.quantization import Int8WeightOnlyConfig

    return PipelineQuantizationConfig(quant_mapping={"transformer": TorchAoConfig(Int8WeightOnlyConfig())})


def _arguments(
    name: str, accepted: Mapping[str, Any], model: Model, options: DiffusionOptions, extra: Arguments
) -> Arguments:
    """What every call says: the model's own settings where none are given; raises for one the pipeline lacks."""
    own: Arguments = {
        "num_inference_steps": model.steps or None,
        "guidance_scale": model.guidance,
        "true_cfg_scale": model.true_cfg,
        "image_guidance_scale": model.image_guidance,
        "negative_prompt": model.negative,
        "max_sequence_length": model.max_sequence_length or None,
        **model.call,
    }
    given: Arguments = {
        "num_inference_steps": options.steps or None,
        "guidance_scale": options.guidance,
        "true_cfg_scale": options.true_cfg,
        "negative_prompt": options.negative,
        "max_sequence_length": options.max_sequence_length or None,
        **extra,
    }
    given = {argument: value for argument, value in given.items() if value is not None}
    for argument in given:
        if argument not in accepted:
            raise UserError(f"{name} takes no {argument}", "leave that setting out")
    fixed = {argument: value for argument, value in own.items() if value is not None and argument in accepted} | given
    if fixed.get("true_cfg_scale", 0) > 1 and "negative_prompt" not in fixed:
        raise UserError("true_cfg does nothing without a negative prompt", "give negative=…, or leave true_cfg out")
    return fixed


def _tune(pipe: Any, options: DiffusionOptions) -> None:
    """Kernels, storage, tiles and compilation."""
    import torch

    name = type(pipe).__name__
    network: Any = getattr(pipe, "transformer", None) or getattr(pipe, "unet", None)
    if hasattr(pipe, "transformer"):
        network.set_attention_backend(KERNELS[options.attention][0])  # process-wide in diffusers: set each time
    elif options.attention != "native":
        raise UserError(f"{name} has no transformer for attention={options.attention}", "use attention=native")
    if options.quantise == "fp8":
        network.enable_layerwise_casting(storage_dtype=torch.float8_e4m3fn, compute_dtype=pipe.dtype)
    if options.vae_tiling:
        if not hasattr(pipe.vae, "enable_tiling"):
            raise UserError(f"{name}'s autoencoder has no tiles", "leave vae_tiling out")
        pipe.vae.enable_tiling()
    if options.compile != "off":
        if not getattr(network, "_repeated_blocks", None):
            raise UserError(f"{name} names no blocks to compile", "use compile=off")
        network.compile_repeated_blocks(fullgraph=True)


def place(pipe: Any, offload: str, device: str) -> None:
    """Put the parts on the device, or have them brought there when they are needed."""
    import torch

    try:
        if offload == "model":
            pipe.enable_model_cpu_offload(device=device)
        elif offload == "group":
            stream = device.startswith("cuda")
            pipe.enable_group_offload(torch.device(device), offload_type="leaf_level", use_stream=stream)
        else:
            pipe.to(device)
    except Exception as error:
        raise troubles.unloadable(type(pipe).__name__, error) from error


def not_here(repository: str, revision: str) -> list[str]:
    """Whether the hub's cache on this machine lacks the repository, in a line that says what to do."""
    from huggingface_hub import try_to_load_from_cache

    if isinstance(try_to_load_from_cache(repository, INDEX, revision=revision), str):
        return []
    return [f"{repository} is not on this machine; hf download {repository} --revision {revision}"]

"""What an error of torch means for the jobs: too large a batch, a process beyond repair, or something else."""

from typing import Literal

from schemas.errors import Fatal, Reject, UserError

OOM = ("out of memory", "CUBLAS_STATUS_ALLOC_FAILED", "CUDNN_STATUS_ALLOC_FAILED")
BROKEN = (
    "CUDA error",
    "device-side assert",
    "illegal memory access",
    "unspecified launch failure",
    "uncorrectable ECC",
    "CUBLAS_STATUS_EXECUTION_FAILED",
    "CUBLAS_STATUS_INTERNAL_ERROR",
    "CUDNN_STATUS_EXECUTION_FAILED",
    "NVML_SUCCESS == r INTERNAL ASSERT",
)
"""What a process says whose GPU context is gone: every later call fails as well, so only a new process helps."""

NOT_FINITE = "the model gave NaN or infinite values for this picture"
ONE_COLOUR = "the model gave a picture of a single colour"
FATAL = "the GPU failed and this process can do nothing more with it; start it again"


def kind_of(error: BaseException) -> Literal["memory", "broken", "other"]:
    """What an error of a step means."""
    import torch

    text = str(error)
    if isinstance(error, torch.OutOfMemoryError):
        return "memory"
    if isinstance(error, RuntimeError) and any(sign in text for sign in OOM):
        return "memory"
    if isinstance(error, torch.AcceleratorError):
        return "broken"
    if isinstance(error, RuntimeError) and any(sign in text for sign in BROKEN):
        return "broken"
    return "other"


def fatal(error: BaseException) -> Fatal:
    """The end of the process, with what the GPU said in one line."""
    return Fatal(f"{FATAL} ({first_line(error)})")


def first_line(error: BaseException) -> str:
    """What an error says, cut to a line."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:300]}" if lines else type(error).__name__


def too_large(size: object) -> MemoryError:
    """A picture that does not fit even alone: no fault of its job, so it is not rejected."""
    return MemoryError(
        f"a single picture of {size} does not fit in memory; set smaller sizes, offload, quantise or vae_tiling"
    )


def named(fault: str, detail: str) -> Reject:
    """A picture that is none."""
    return Reject(f"{fault} ({detail})")


def unloadable(what: str, error: BaseException) -> UserError:
    """Why a model could not be loaded."""
    if kind_of(error) == "memory":
        return UserError(f"{what} does not fit in memory", "set offload=model, quantise=int8, or use a larger GPU")
    return UserError(f"{what} cannot be loaded ({first_line(error)})", "see that the folder or repository is whole")

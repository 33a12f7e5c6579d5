"""Models whose weights come in a wheel: found without importing their package, run by onnxruntime on the CPU.

The packages' own code is never imported: nothing of it could download, write logs or start threads.
"""

import hashlib
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from schemas.errors import UserError
from workers.pixelwise.arrays import Pixels

Floats = NDArray[np.float32]
Answer = TypeVar("Answer")


def weights(package: str, extra: str, name: str) -> Path:
    """The file of weights called `name` in an installed package; raises `UserError` where it is not there."""
    how = f'pip install "nhr[{extra}]"'
    found = find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise UserError(f"package {package} is not installed", how)
    path = Path(found.submodule_search_locations[0]) / name
    if not path.is_file():
        raise UserError(f"package {package} brings no {name}", f"install the release that this NHR names: {how}")
    return path


def lacking(*wanted: tuple[str, str, str]) -> tuple[str, ...]:
    """What keeps weights, named as for `weights`, from being run here: a line each."""
    lines = [] if find_spec("onnxruntime") else ['package onnxruntime is not installed; pip install "nhr[content]"']
    for one in wanted:
        try:
            weights(*one)
        except UserError as error:
            lines.append(str(error))
    return tuple(dict.fromkeys(lines))


class Model:
    """A network in memory, for one thread at a time; `notes` is what its makers wrote into the file."""

    def __init__(self, path: Path, threads: int) -> None:
        try:
            import onnxruntime
        except ImportError:
            raise UserError("package onnxruntime is not installed", 'pip install "nhr[content]"') from None
        onnxruntime.set_default_logger_severity(4)
        onnxruntime.disable_telemetry_events()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        options.log_severity_level = 4
        options.enable_cpu_mem_arena = False  # which would keep the most that any size of picture ever took
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session: Any = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self._input: str = self._session.get_inputs()[0].name
        self.notes: Mapping[str, str] = self._session.get_modelmeta().custom_metadata_map

    def run(self, values: Floats) -> Floats:
        """The first output for one input."""
        return np.asarray(self._session.run(None, {self._input: values})[0], np.float32)


class Remembered(Generic[Answer]):
    """What was found in the latest pictures, by their pixels: one source comes with each of its attempts."""

    def __init__(self, look: Callable[[Pixels], Answer], most: int = 64) -> None:
        self._look, self._most = look, most
        self._known: dict[bytes, Answer] = {}
        self._lock = Lock()

    def __call__(self, pixels: Pixels) -> Answer:
        """The answer for a picture, height x width x 3, RGB."""
        name = hashlib.blake2b(np.ascontiguousarray(pixels).data, key=str(pixels.shape).encode()).digest()
        with self._lock:
            if name not in self._known:
                self._known[name] = self._look(pixels)
                if len(self._known) > self._most:
                    del self._known[next(iter(self._known))]
            else:
                self._known[name] = self._known.pop(name)
            return self._known[name]

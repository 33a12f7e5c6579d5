"""Pictures in and out of the blob store: fetched once for several attempts, stored under the name of what was asked."""

import threading
from collections import OrderedDict
from hashlib import sha256

from infra import images
from schemas.errors import Missing, Reject
from schemas.messages import ImageRef
from schemas.ports import Blobs, Image

CACHE_BYTES = 128 << 20


class Pictures:
    """Fetches and stores pictures; safe for many threads. Keeps the latest decoded ones, up to `cache_bytes`."""

    def __init__(self, blobs: Blobs, cache_bytes: int = CACHE_BYTES) -> None:
        self._blobs = blobs
        self._room = cache_bytes
        self._cache: OrderedDict[str, Image] = OrderedDict()
        self._constants: dict[str, ImageRef] = {}
        self._lock = threading.Lock()

    def fetch(self, ref: ImageRef) -> Image:
        """The picture that `ref` claims; raises `Reject` when it is gone or damaged."""
        with self._lock:
            if ref.sha256 in self._cache:
                self._cache.move_to_end(ref.sha256)
                return self._cache[ref.sha256]
        try:
            data = self._blobs.get(ref.key)
        except Missing:
            raise Reject(f"image {ref.key} is gone") from None
        if sha256(data).hexdigest() != ref.sha256:
            raise Reject(f"image {ref.key} is damaged: its SHA-256 is not what the message says")
        image = images.decode(data)
        self._remember(ref.sha256, image)
        return image

    def store(self, key: str, image: Image) -> ImageRef:
        """Store `image` under `key` plus its ending, unless that stands: then what stands is the answer."""
        if image.name and image.name in self._constants:
            return self._constants[image.name]
        key = f"scratch/{image.name}.webp" if image.name else f"{key}.webp"
        data = images.encode(image)
        if not self._blobs.put(key, data):
            data = self._blobs.get(key)
            image = images.decode(data)
        ref = images.stored(key, data)
        if image.name:
            self._constants[image.name] = ref
        else:
            self._remember(ref.sha256, image)
        return ref

    def _remember(self, name: str, image: Image) -> None:
        with self._lock:
            if name in self._cache:
                return
            self._cache[name] = image
            self._room -= image.pixels.nbytes
            while self._room < 0:
                self._room += self._cache.popitem(last=False)[1].pixels.nbytes

"""The packer as a stream: gathers accepted triplets until they fill a shard, or long enough, and has them packed.

Deliveries are held back until the manifest that announces their triplets stands; one whose triplet the collector has
not shelved yet is held on. What is delivered again was packed before, or is packed then: the manifests tell.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from schemas import codec, topics
from schemas import messages as m
from schemas.errors import Undecodable
from schemas.ports import Blobs, Clock, Delivery, Outgoing
from streams import shelf
from streams.dataset import identities
from streams.dataset.identities import Ids

MOST = 8192
"""Triplets from which it packs whatever their size; a bus hands out only so many that are not acknowledged."""
BYTES_A_PIXEL = 1.0
"""Of a stored picture, about, until something was packed."""
SOON_S = 30.0
"""Seconds, at most, to wait for a collector that is later than we are."""

Pack = Callable[[Ids], int]
"""Packs what of these is not packed yet, and gives the bytes of the pictures that it packed."""


@dataclass
class Held:
    """A triplet that is to be packed: what delivered it, and the pixels of its pictures."""

    deliveries: list[Delivery]
    pixels: int


@dataclass
class Gathered:
    """A batch: triplets with what delivered them; `done` is to be acknowledged, in the end."""

    triplets: list[tuple[Delivery, m.Triplet]] = field(default_factory=list)
    done: list[Delivery] = field(default_factory=list)


class Packer:
    """Handler of the triplets topic. `size` is that of a shard, in bytes of pictures; `wait_s` how long it may take.

    Bytes that nobody can decode are the collector's dead letter.
    """

    topic = topics.TRIPLETS
    group = "packer"
    linger_s = 0.0
    overlaps = True

    def __init__(self, blobs: Blobs, pack: Pack, clock: Clock, size: int, wait_s: float) -> None:
        self._blobs, self._pack, self._clock, self._size, self._wait_s = blobs, pack, clock, size, wait_s
        self._held: dict[str, Held] = {}
        self._per_pixel = BYTES_A_PIXEL
        self._due_s: float | None = None

    @property
    def batch(self) -> int:
        """Most messages wanted now."""
        return 256

    @property
    def due_s(self) -> float | None:
        """When what is held is packed even though it fills no shard."""
        return self._due_s

    def start(self) -> None:
        """Nothing to load."""

    def begin(self, deliveries: Sequence[Delivery]) -> Gathered:
        """Decode the batch."""
        work = Gathered()
        for delivery in deliveries:
            try:
                work.triplets.append((delivery, codec.decode(topics.TRIPLETS, delivery.value)))
            except Undecodable:
                work.done.append(delivery)
        return work

    def step(self, work: Gathered) -> None:
        """Hold what came, and pack what is held once that is due."""
        for delivery, triplet in work.triplets:
            self._hold(delivery, triplet)
        if self._due:
            work.done += self._packed()

    def finish(self, _work: Gathered) -> list[Outgoing]:
        """The packer says nothing on topics."""
        return []

    def settle(self, work: Gathered) -> Sequence[Delivery]:
        """What is packed is done with."""
        return work.done

    def _hold(self, delivery: Delivery, triplet: m.Triplet) -> None:
        if self._due_s is None:
            self._due_s = self._clock.monotonic() + self._wait_s
        pixels = sum(one.width * one.height for one in (triplet.before, triplet.after))
        held = self._held.setdefault(triplet.triplet_id, Held([], pixels))
        held.deliveries.append(delivery._replace(value=b""))  # its place is all that is needed to acknowledge it

    @property
    def _due(self) -> bool:
        if self._due_s is not None and self._clock.monotonic() >= self._due_s:
            return True
        full = self._per_pixel * sum(one.pixels for one in self._held.values()) >= self._size
        return full or len(self._held) >= MOST

    def _packed(self) -> list[Delivery]:
        """Pack what is held and stands on the shelf; gives what delivered it."""
        standing = [name for name in self._held if self._blobs.has(shelf.triplet_key(name))]
        if standing:
            size = self._pack(identities.of_hex(standing))
            pixels = sum(self._held[name].pixels for name in standing)
            self._per_pixel = size / pixels if size else self._per_pixel
        done = [delivery for name in standing for delivery in self._held.pop(name).deliveries]
        self._due_s = self._clock.monotonic() + min(SOON_S, self._wait_s) if self._held else None
        return done

"""The collector: puts accepted triplets on the shelf, images first, so that a record never names what is not there."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from schemas import codec, headers, topics
from schemas import messages as m
from schemas.deadletters import dead_letter
from schemas.errors import Missing, Undecodable
from schemas.ports import Blobs, Clock, Delivery, Outgoing
from streams import shelf

REMEMBERED_IMAGES = 1 << 14


@dataclass(slots=True)
class Shelving:
    """A batch of triplets on its way to the shelf."""

    deliveries: Sequence[Delivery] = ()
    triplets: list[tuple[Delivery, m.Triplet]] = field(default_factory=list)
    letters: list[Outgoing] = field(default_factory=list)


class Collector:
    """Handler of the triplets topic. All it does is create-only, so repeating it changes nothing.

    `observe` is told each triplet that is new on the shelf; `took` how many seconds after its prompt was published,
    where that is known.
    """

    topic = topics.TRIPLETS
    group = "collector"
    batch = 64
    due_s = None
    linger_s = 0.0
    overlaps = False

    def __init__(
        self,
        blobs: Blobs,
        clock: Clock,
        observe: Callable[[m.Triplet], None] | None = None,
        took: Callable[[float], None] | None = None,
    ) -> None:
        self._blobs = blobs
        self._clock = clock
        self._observe = observe
        self._took = took
        self._kept: set[str] = set()

    def start(self) -> None:
        """Nothing to load."""

    def begin(self, deliveries: Sequence[Delivery]) -> Shelving:
        """Decode the batch."""
        work = Shelving(deliveries)
        for delivery in deliveries:
            try:
                work.triplets.append((delivery, codec.decode(topics.TRIPLETS, delivery.value)))
            except Undecodable as error:
                work.letters.append(self._letter(delivery, "Undecodable", str(error)))
        return work

    def step(self, work: Shelving) -> None:
        """Shelve every triplet; one whose images are gone becomes a dead letter."""
        whole: dict[str, m.Triplet] = {}
        began: dict[str, float] = {}
        for delivery, triplet in work.triplets:
            try:
                self._keep_images(triplet)
                key = shelf.triplet_key(triplet.triplet_id)
                whole[key], began[key] = triplet, headers.began(delivery.headers)
            except Missing as error:
                reason = f"triplet {triplet.triplet_id}: image {error} is gone"
                work.letters.append(self._letter(delivery, "Missing", reason))
        created = self._blobs.put_all({key: shelf.record_bytes(triplet) for key, triplet in whole.items()})
        for key in sorted(created):
            if self._observe:
                self._observe(whole[key])
            if self._took and began[key]:
                self._took(max(0.0, self._clock.now() - began[key]))

    def finish(self, work: Shelving) -> list[Outgoing]:
        """Dead letters, if any."""
        return work.letters

    def settle(self, work: Shelving) -> Sequence[Delivery]:
        """Nothing to save: the shelf is the state."""
        return work.deliveries

    def _letter(self, delivery: Delivery, error: str, reason: str) -> Outgoing:
        return dead_letter(delivery, self.group, error, reason, at=self._clock.now())

    def _keep_images(self, triplet: m.Triplet) -> None:
        for source, key in shelf.images(triplet):
            if key not in self._kept:
                self._blobs.copy(source, key)
                if len(self._kept) >= REMEMBERED_IMAGES:
                    self._kept.clear()
                self._kept.add(key)

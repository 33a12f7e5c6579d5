"""The recorder: keeps every verdict, rejected ones too, and the images of judged attempts as the policy asks."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby

from schemas import codec, topics
from schemas import messages as m
from schemas.errors import Missing, Undecodable
from schemas.ports import Blobs, Delivery, Outgoing
from streams import records
from streams.funnel import accepted
from streams.policies import Policies

REMEMBERED_IMAGES = 1 << 14


@dataclass(slots=True)
class Recording:
    """A batch: all deliveries, those that become segments, and the judges' verdicts among them."""

    polled: Sequence[Delivery] = ()
    deliveries: list[Delivery] = field(default_factory=list)
    judged: list[m.JudgeVerdict] = field(default_factory=list)


class Recorder:
    """Handler of the verdicts topic. Bytes are kept verbatim; what no one can decode is the director's dead letter.

    `linger_s`: how long a batch is gathered. Each becomes a segment for every partition it has events of, so with many
    partitions a longer one makes fewer objects.
    """

    topic = topics.VERDICTS
    group = "recorder"
    batch = 4096
    due_s = None
    overlaps = False

    def __init__(self, blobs: Blobs, policies: Policies, linger_s: float = 1.0) -> None:
        self.linger_s = linger_s
        self._blobs = blobs
        self._policies = policies
        self._kept: set[str] = set()

    def start(self) -> None:
        """Nothing to load."""

    def begin(self, deliveries: Sequence[Delivery]) -> Recording:
        """Tell events from other bytes; only judges' verdicts are looked into."""
        work = Recording(deliveries)
        for delivery in deliveries:
            try:
                kind = records.kind_of(delivery.value)
                if kind == "judge":
                    work.judged.append(codec.decode(topics.VERDICTS, delivery.value))
            except Undecodable:
                continue
            work.deliveries.append(delivery)
        return work

    def step(self, work: Recording) -> None:
        """Keep the images of judged attempts, then write one segment for each partition."""
        for verdict in filter(self._wanted, work.judged):
            self._keep(verdict.job.before)
            self._keep(verdict.job.after)
        by_partition = sorted(work.deliveries, key=lambda delivery: (delivery.partition, delivery.offset))
        for _, group in groupby(by_partition, key=lambda delivery: delivery.partition):
            records.keep(self._blobs, list(group))

    def finish(self, _work: Recording) -> list[Outgoing]:
        """The recorder says nothing."""
        return []

    def settle(self, work: Recording) -> Sequence[Delivery]:
        """Nothing to save: the segments are the state."""
        return work.polled

    def _wanted(self, verdict: m.JudgeVerdict) -> bool:
        if not self._policies.has(verdict.job.policy_id):
            return True
        policy = self._policies.get(verdict.job.policy_id)
        if policy.keep != "rejected":
            return policy.keep == "all"
        return not accepted(verdict, policy)

    def _keep(self, ref: m.ImageRef) -> None:
        key = records.record_image_key(ref)
        if key in self._kept:
            return
        try:
            self._blobs.copy(ref.key, key)
        except Missing:  # scratch expired before the recorder came: the verdict is kept all the same
            return
        if len(self._kept) >= REMEMBERED_IMAGES:
            self._kept.clear()
        self._kept.add(key)

"""The recorder: every verdict verbatim, and the images of judged attempts as the policy asks."""

import zlib
from typing import Literal

import msgpack
import pytest

from infra.blobs.memory import MemoryBlobs
from schemas import messages as m
from schemas import topics
from schemas.ids import TripletKind
from schemas.ports import Delivery
from streams import records
from streams.policies import Policies
from streams.recorder import Recorder
from streams.rules.policy import JudgeBars, Judging, Policy
from tests.golden import samples
from tests.unit.rules.telling import policy
from tests.unit.streams.delivering import deliveries, junk

EVENTS = (samples.GATE_VERDICT, samples.SCREEN_VERDICT, samples.TEXT_ANSWER, samples.FAILURE, samples.REDRIVE)
DECIDED = policy()


@pytest.fixture(autouse=True)
def _scratch(blobs: MemoryBlobs) -> None:
    """The pictures that generator and editor left."""
    for ref in (samples.DRAWN, samples.EDITED, samples.SECOND):
        blobs.put(ref.key, ref.sha256.encode())


def record(recorder: Recorder, batch: list[Delivery]) -> None:
    work = recorder.begin(batch)
    recorder.step(work)
    assert recorder.finish(work) == []
    assert list(recorder.settle(work)) == batch


def judged(
    decided: Policy, adherence: float = 4.8, kind: TripletKind = "forward", operation: str = "remove"
) -> m.JudgeVerdict:
    """A verdict on the pair (drawn, edited)."""
    job = samples.JUDGE_JOB.model_copy(
        update={
            "policy_id": decided.policy_id, "kind": kind, "before": samples.DRAWN, "after": samples.EDITED,
            "request": m.Request(instruction="Do it.", operation=operation),
        }
    )  # fmt: skip
    return m.JudgeVerdict(job=job, job_id=job.job_id, adherence=adherence, aesthetics=4.8, by="critic@1")


def kept(blobs: MemoryBlobs) -> set[str]:
    """SHA-256 of the images that the records keep."""
    return {key.rsplit("/", 1)[1].partition(".")[0] for key in blobs.list(records.IMAGES)}


def test_every_event_is_kept_verbatim(blobs: MemoryBlobs, policies: Policies) -> None:
    record(Recorder(blobs, policies), deliveries(*EVENTS))
    assert list(records.events(blobs)) == list(EVENTS)


def test_a_segment_is_named_by_its_partition_and_offsets(blobs: MemoryBlobs, policies: Policies) -> None:
    batch = deliveries(*EVENTS[:2], partition=3, first=40) + deliveries(*EVENTS[2:], partition=1, first=7)
    record(Recorder(blobs, policies), batch)
    assert list(blobs.list(records.VERDICTS)) == [records.segment_key(1, 7, 9), records.segment_key(3, 40, 41)]


def test_recording_again_changes_nothing(blobs: MemoryBlobs, policies: Policies) -> None:
    record(Recorder(blobs, policies), deliveries(*EVENTS))
    before = list(blobs.list(""))
    record(Recorder(blobs, policies), deliveries(*EVENTS))
    assert list(blobs.list("")) == before


def test_batches_that_overlap_after_a_crash_are_read_as_each_event_once(blobs: MemoryBlobs, policies: Policies) -> None:
    batch = deliveries(*EVENTS)
    record(Recorder(blobs, policies), batch[:3])
    record(Recorder(blobs, policies), batch[1:])
    assert list(records.events(blobs)) == list(EVENTS)


def test_bytes_that_are_no_event_are_left_to_the_director(blobs: MemoryBlobs, policies: Policies) -> None:
    record(Recorder(blobs, policies), [junk(topics.VERDICTS), *deliveries(samples.REDRIVE)])
    assert list(records.events(blobs)) == [samples.REDRIVE]


def test_a_batch_of_nothing_usable_leaves_nothing(blobs: MemoryBlobs, policies: Policies) -> None:
    record(Recorder(blobs, policies), [junk(topics.VERDICTS)])
    assert list(blobs.list(records.VERDICTS)) == []


def test_fields_that_this_version_does_not_know_are_kept(blobs: MemoryBlobs, policies: Policies) -> None:
    later = msgpack.packb({**samples.REDRIVE.model_dump(), "from_the_future": [1]})
    record(Recorder(blobs, policies), [Delivery(topics.VERDICTS.name, 0, 5, "k", later, {})])
    (key,) = blobs.list(records.VERDICTS)
    assert msgpack.unpackb(zlib.decompress(blobs.get(key)))["events"] == [[5, later]]


# --- images -----------------------------------------------------------------------------------------------------------

BOTH = {samples.DRAWN.sha256, samples.EDITED.sha256}


@pytest.mark.parametrize(
    ("keep", "adherence", "images"),
    [
        ("all", 4.8, BOTH),
        ("all", 1.0, BOTH),
        ("rejected", 4.8, set()),
        ("rejected", 4.69, BOTH),
        ("none", 4.8, set()),
        ("none", 1.0, set()),
    ],
)
def test_the_policy_says_whose_images_are_kept(
    keep: Literal["all", "rejected", "none"],
    adherence: float,
    images: set[str],
    blobs: MemoryBlobs,
    policies: Policies,
) -> None:
    decided = DECIDED.model_copy(update={"keep": keep})
    policies.keep(decided)
    record(Recorder(blobs, policies), deliveries(judged(decided, adherence)))
    assert kept(blobs) == images


@pytest.mark.parametrize(("kind", "images"), [("forward", BOTH), ("inverse", set()), ("composite", BOTH)])
def test_an_inverse_is_held_against_the_bar_of_the_way_back(
    kind: TripletKind, images: set[str], blobs: MemoryBlobs, policies: Policies
) -> None:
    lenient = Judging(operations={"add": JudgeBars(adherence=2.0)})
    decided = DECIDED.model_copy(update={"keep": "rejected", "judge": lenient})
    policies.keep(decided)
    record(Recorder(blobs, policies), deliveries(judged(decided, 4.0, kind)))
    assert kept(blobs) == images


def test_a_verdict_whose_images_expired_is_kept_all_the_same(blobs: MemoryBlobs, policies: Policies) -> None:
    policies.keep(DECIDED)
    blobs.delete(samples.EDITED.key)
    record(Recorder(blobs, policies), deliveries(judged(DECIDED)))
    assert list(records.events(blobs)) == [judged(DECIDED)]
    assert kept(blobs) == {samples.DRAWN.sha256}


def test_images_judged_under_a_policy_that_is_not_kept_here_are_kept(blobs: MemoryBlobs, policies: Policies) -> None:
    record(Recorder(blobs, policies), deliveries(judged(DECIDED)))
    assert kept(blobs) == {samples.DRAWN.sha256, samples.EDITED.sha256}

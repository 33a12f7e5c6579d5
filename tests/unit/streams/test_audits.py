"""Audits: which triplets a week's sample is drawn from, that it is random and stands, and what cannot be read."""

import random
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from infra.blobs.memory import MemoryBlobs
from schemas import messages as m
from schemas.errors import UserError
from streams import audits, labels, retractions, shelf
from streams.audits import Audit, Sample
from streams.retractions import Retraction
from tests.unit.reading.making import delivered, judge, put_on_shelf, record, request, subject, triplet

WEEK, BEFORE = "2026-W48", "2026-W47"
AT = {WEEK: datetime(2026, 11, 25, 12, tzinfo=UTC).timestamp(), BEFORE: datetime(2026, 11, 18, tzinfo=UTC).timestamp()}


def made(name: str, attempt: int = 0) -> m.Triplet:
    return triplet(subject(name), request(), attempt=attempt)


def verdict(name: str, at: float, attempt: int = 0, scores: tuple[float, float] = (4.9, 4.8)) -> m.JudgeVerdict:
    found = judge(subject(name), request(), scores, attempt)
    assert isinstance(found, m.JudgeVerdict)
    return found.model_copy(update={"meter": m.Meter(at=at)})


def mined(names: Sequence[str], at: float | None = AT[WEEK]) -> MemoryBlobs:
    """Triplets of these names; `at` is when they were judged, None where nothing is recorded."""
    blobs = MemoryBlobs()
    put_on_shelf(blobs, *(made(name) for name in names))
    if at is not None:
        record(blobs, delivered([verdict(name, at) for name in names]))
    return blobs


def more(blobs: MemoryBlobs, names: Sequence[str], at: float) -> None:
    put_on_shelf(blobs, *(made(name) for name in names))
    record(blobs, delivered([verdict(name, at) for name in names], first=10_000))


def pairs(names: Sequence[str]) -> set[str]:
    return {labels.pair_of(made(name)) for name in names}


def numbered(count: int, first: int = 0) -> list[str]:
    return [f"s{number}" for number in range(first, first + count)]


# --- what it is drawn from --------------------------------------------------------------------------------------------


def test_a_weeks_audit_is_drawn_from_what_was_accepted_in_that_week() -> None:
    blobs = mined(numbered(6))
    more(blobs, numbered(5, 6), AT[BEFORE])
    found = audits.draw(blobs, WEEK, 100)
    assert (set(found.audit.pairs), found.audit.drawn_from, found.audit.of) == (pairs(numbered(6)), 6, "week")
    assert (found.new, found.timeless) == (True, 0)


def test_a_triplet_belongs_to_the_week_of_the_verdict_that_accepted_it() -> None:
    blobs = MemoryBlobs()
    put_on_shelf(blobs, made("s", attempt=1))
    events = [
        verdict("s", AT[BEFORE], 0), verdict("s", AT[BEFORE], 1, (3.0, 4.8)), verdict("s", AT[WEEK], 1),
        verdict("rejected", AT[WEEK], 0, (1.0, 1.0)),
    ]  # fmt: skip
    record(blobs, delivered([one.model_copy(update={"job_id": f"j{number}"}) for number, one in enumerate(events)]))
    assert audits.draw(blobs, WEEK, 9).audit.pairs == (labels.pair_of(made("s", attempt=1)),)
    with pytest.raises(UserError, match=r"nothing of the shelf was accepted in 2026-W47; .*2026-W48 \(1\)"):
        audits.draw(blobs, BEFORE, 9)


def test_of_what_no_record_tells_the_time_none_is_in_a_week_but_told() -> None:
    blobs = mined(numbered(3))
    put_on_shelf(blobs, made("old"))
    more(blobs, ["older"], 0.0)
    found = audits.draw(blobs, WEEK, 100)
    assert (set(found.audit.pairs), found.timeless) == (pairs(numbered(3)), 2)


@pytest.mark.parametrize("at", [None, 0.0, -5.0, float("inf"), 1e18])
def test_where_no_record_tells_the_time_it_is_drawn_from_all_not_yet_audited(at: float | None) -> None:
    blobs = mined(numbered(10), at)
    first = audits.draw(blobs, BEFORE, 4).audit
    second = audits.draw(blobs, WEEK, 100).audit
    assert (first.of, first.drawn_from, second.of, second.drawn_from) == ("unaudited", 10, "unaudited", 6)
    assert set(first.pairs) | set(second.pairs) == pairs(numbered(10))
    assert not set(first.pairs) & set(second.pairs)
    with pytest.raises(UserError, match="all 10 triplets of the shelf are in an audit already"):
        audits.draw(blobs, "2026-W46", 4)


def test_all_is_drawn_from_when_asked_for() -> None:
    blobs = mined(numbered(3))
    more(blobs, numbered(3, 3), AT[BEFORE])
    assert audits.draw(blobs, WEEK, 100, everything=True).audit.drawn_from == 6


@pytest.mark.parametrize("target", ["triplet", "source", "sha256"])
def test_what_was_taken_back_is_not_drawn(target: str) -> None:
    blobs = mined(numbered(5))
    one = made("s2")
    value = {"triplet": one.triplet_id, "source": one.subject.source_id, "sha256": one.after.sha256}[target]
    retractions.retract(blobs, Retraction.model_validate({"target": target, "value": value, "reason": "x", "at": 1.0}))
    found = audits.draw(blobs, WEEK, 100).audit
    assert (found.drawn_from, set(found.pairs)) == (4, pairs(numbered(5)) - {labels.pair_of(one)})


def test_an_empty_shelf_is_told() -> None:
    with pytest.raises(UserError, match="the shelf is empty"):
        audits.draw(MemoryBlobs(), WEEK, 100)


# --- the sample -------------------------------------------------------------------------------------------------------


def drawn(triplets: Sequence[m.Triplet], week: str, size: int) -> tuple[str, ...]:
    found = Sample(week, size)
    for one in triplets:
        found.offer(one)
    assert found.offered == len(triplets)
    return found.pairs


def test_the_sample_depends_on_neither_order_nor_size_and_differs_by_week() -> None:
    shelved = [made(name) for name in numbered(300)]
    shuffled = random.Random(1).sample(shelved, len(shelved))
    assert drawn(shelved, WEEK, 40) == drawn(shuffled, WEEK, 40) == drawn(shelved, WEEK, 90)[:40]
    assert len(set(drawn(shelved, WEEK, 40)) & set(drawn(shelved, BEFORE, 40))) < 20


def test_what_grows_takes_only_the_places_of_the_last() -> None:
    shelved = [made(name) for name in numbered(400)]
    before, after = drawn(shelved[:300], WEEK, 50), drawn(shelved, WEEK, 50)
    kept = [one for one in after if one in set(before)]
    assert kept == list(before[: len(kept)])


def test_every_triplet_has_the_same_chance() -> None:
    shelved = [made(name) for name in numbered(40)]
    weeks = [f"{year}-W{week:02}" for year in range(2000, 2020) for week in range(1, 51)]
    counts = Counter(pair for week in weeks for pair in drawn(shelved, week, 10))
    chi_square = sum((counts[labels.pair_of(one)] - 250) ** 2 / (250 * 0.75) for one in shelved) * 39 / 40
    assert 14 < chi_square < 78  # of 39 degrees of freedom, with probability 1 - 1e-4 a side


# --- standing ---------------------------------------------------------------------------------------------------------


def test_once_drawn_it_stands_whatever_comes_later() -> None:
    blobs = mined(numbered(20))
    first = audits.draw(blobs, WEEK, 8)
    data = blobs.get(audits.key(WEEK))
    more(blobs, numbered(200, 20), AT[WEEK])
    retractions.retract(blobs, Retraction(target="triplet", value=made("s1").triplet_id, reason="x", at=1.0))
    again = audits.draw(blobs, WEEK, 50, everything=True)
    assert (again.audit, again.new, blobs.get(audits.key(WEEK))) == (first.audit, False, data)


def test_the_same_shelf_gives_the_same_bytes() -> None:
    one, other = mined(numbered(30)), mined(numbered(30)[::-1])
    for blobs in (one, other):
        audits.draw(blobs, WEEK, 8)
    assert one.get(audits.key(WEEK)) == other.get(audits.key(WEEK))


def test_of_two_who_draw_at_once_one_wins() -> None:
    blobs = mined(numbered(20))
    other = Audit(week=WEEK, of="week", drawn_from=1, pairs=("a" * 32 + "-0",))

    class Late(MemoryBlobs):
        """Somebody else's audit comes just before ours is written."""

        def put(self, key: str, data: bytes) -> bool:
            if key == audits.key(WEEK):
                MemoryBlobs.put(self, key, other.model_dump_json().encode())
            return super().put(key, data)

    late = Late()
    for key in blobs.list(""):
        late.put(key, blobs.get(key))
    found = audits.draw(late, WEEK, 8)
    assert (found.audit, found.new) == (other, False)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "is no audit"),
        ('{"format": 2}', "has format 2, this NHR knows 1"),
        ('{"week": "2026-W47", "of": "week", "drawn_from": 3, "pairs": ["aa-0"]}', "is the audit of 2026-W47"),
        ('{"week": "2026-W48", "of": "week", "drawn_from": 3, "pairs": ["../x"]}', "is no audit"),
        ('{"week": "2026-W48", "of": "week", "drawn_from": 0, "pairs": []}', "is no audit"),
    ],
)
def test_what_cannot_be_read_is_named(text: str, why: str) -> None:
    blobs = MemoryBlobs()
    blobs.put(audits.key(WEEK), text.encode())
    with pytest.raises(UserError, match=f"audits/2026-W48.json {why}"):
        audits.read(blobs, WEEK)


@pytest.mark.parametrize(
    "week", ["2026-48", "2025-W54", "2026-W00", "0000-W01", "2026-W5", "last week", "", "２026-W48"]
)
def test_what_is_no_week_is_told(week: str) -> None:
    assert not audits.is_week(week)
    with pytest.raises(UserError, match="is no week; give an ISO week such as 2026-W48"):
        audits.draw(mined(numbered(2)), week, 5)


def test_weeks_are_the_calendars() -> None:
    assert audits.week_of(datetime(2027, 1, 3, 23, 59, tzinfo=UTC).timestamp()) == "2026-W53"
    assert audits.week_of(audits.ends("2026-W53")) == "2027-W01"
    assert audits.ends(WEEK) == datetime(2026, 11, 30, tzinfo=UTC).timestamp()


def test_only_audits_are_listed() -> None:
    blobs = MemoryBlobs()
    for name in ("audits/2026-W48.json", "audits/2026-W07.json", "audits/notes.json", "audits/2026-W48.json.bak"):
        blobs.put(name, b"{}")
    assert audits.weeks(blobs) == ["2026-W07", "2026-W48"]


def test_a_forward_triplet_is_labelled_by_the_attempt_that_won() -> None:
    one = made("s", attempt=3)
    inverse = triplet(subject("s"), request(), kind="inverse", attempt=3)
    assert labels.pair_of(one) == f"{one.triplet_id}-3"
    assert labels.pair_of(inverse) == f"{inverse.triplet_id}-0"
    blobs = MemoryBlobs()
    put_on_shelf(blobs, one)
    assert shelf.read(blobs, labels.pair_of(one).rpartition("-")[0]).triplet_id == one.triplet_id

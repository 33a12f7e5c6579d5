"""A shelf of very many triplets, and records of the attempts behind them, made in a minute: words only, no pictures."""

import hashlib
import random
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from schemas import codec, ids, topics
from schemas import messages as m
from schemas.ports import Delivery
from streams import records, shelf
from streams.records import Event

OPERATIONS = tuple(f"operation_{number}" for number in range(24))
STYLES = tuple(f"style {number}" for number in range(16))
EDITORS = ("flux_kontext@0a", "qwen_image_edit@0b", "simulated@0c")
NOUNS = (
    "boat",
    "house",
    "lamp",
    "horse",
    "bridge",
    "chair",
    "tower",
    "garden",
    "bicycle",
    "kettle",
    "violin",
    "window",
)
VERBS = ("remove", "paint", "move", "enlarge", "replace", "turn", "brighten", "duplicate")
COLOURS = ("red", "blue", "green", "golden", "violet", "white")
KINDS: tuple[ids.TripletKind, ...] = ("forward", "forward", "inverse", "inverse", "composite")
POLICY = "p" * 32
BEGAN = 1_760_000_000.0
SEGMENT = 500

Put = Callable[[str, bytes], object]


def into(folder: Path) -> Put:
    """Writes files as they come, without the care that data deserve: a hundred thousand take seconds."""

    def put(key: str, data: bytes) -> None:
        path = folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    return put


def fill(put: Put, triplets: int) -> int:
    """Put so many triplets on a shelf, five of each source, with records of what was judged; says how many records."""
    chance, events = random.Random(1), list[Event]()
    for number in range(triplets):
        kept = _triplet(number, chance)
        put(shelf.triplet_key(kept.triplet_id), shelf.record_bytes(kept))
        events += _events(kept, chance, BEGAN + number)
    told = iter(enumerate(events))
    while some := list(islice(told, SEGMENT)):
        deliveries = [Delivery(topics.VERDICTS.name, 0, at, "", codec.encode(event), {}) for at, event in some]
        put(records.segment_key(0, some[0][0], some[-1][0]), records.segment(deliveries))
    return len(events)


def _picture(*names: object) -> m.ImageRef:
    sha = hashlib.sha256(repr(names).encode()).hexdigest()
    return m.ImageRef(key=f"scratch/{sha}.webp", sha256=sha, width=1024, height=768)


def _subject(number: int) -> m.Subject:
    style, told = STYLES[number % len(STYLES)], f"a {COLOURS[number % 6]} {NOUNS[number % 12]}"
    return m.Subject(
        campaign=f"campaign {number % 4}", source_id=ids.digest("source", number), prompt_id=f"prompt {number}",
        text=f"{style}: {told} beside a {NOUNS[number // 12 % 12]}, view {number}",
        style=style, seed=number, image=_picture("source", number), made_by="drawer@0",
    )  # fmt: skip


def _triplet(number: int, chance: random.Random) -> m.Triplet:
    of, turn = _subject(number // 5), number % 5
    operation, noun = chance.choice(OPERATIONS), chance.choice(NOUNS)
    words = f"{chance.choice(VERBS)} the {chance.choice(COLOURS)} {noun} of view {number // 5}"
    edited, request_id = _picture("edit", number), ids.request_id(of.source_id, words)
    made = m.Edit(
        request_id=request_id, instruction=words, operation=operation, attempt=1, seed=number,
        editor=chance.choice(EDITORS), image_sha256=edited.sha256, measures={"null.soft": 0.9},
    )  # fmt: skip
    scores = m.Scores(adherence=round(chance.uniform(4.7, 5), 3), aesthetics=round(chance.uniform(4.7, 5), 3))
    return m.Triplet(
        triplet_id=ids.triplet_id(request_id, KINDS[turn], str(number)), kind=KINDS[turn], policy_id=POLICY, subject=of,
        instruction=words, operation=operation, texts={"short": words[:20], "zh": "把船改成红色"}, before=of.image,
        after=edited, scores=scores, checked="inverse", edits=(made,), judge="critic@1",
    )  # fmt: skip


def _events(kept: m.Triplet, chance: random.Random, at: float) -> Iterator[Event]:
    """One attempt that was screened and turned down by the judge, one that became the triplet."""
    edit, meter = kept.edits[0], m.Meter(seconds=0.2, at=at)
    asked = m.Request(instruction=edit.instruction, operation=edit.operation)
    for attempt, image in ((0, _picture("lost", kept.triplet_id)), (1, kept.after)):
        job = m.EditJob(
            job_id=ids.job_id(edit.request_id, "edit", attempt, POLICY), policy_id=POLICY, subject=kept.subject,
            request=asked, request_id=edit.request_id, attempt=attempt, seed=attempt,
        )  # fmt: skip
        made = m.Candidate(job=job, image=image, made_by=edit.editor)
        yield m.ScreenVerdict(job=made, job_id=made.job_id, measures={"null.soft": 0.9}, by="pixels@1", meter=meter)
        judged = m.JudgeJob(
            job_id=ids.job_id(kept.triplet_id, "judge", attempt, POLICY), policy_id=POLICY, triplet_id=kept.triplet_id,
            subject=kept.subject, kind="forward", request=asked, attempt=attempt, instruction=edit.instruction,
            before=kept.before, after=image,
        )  # fmt: skip
        good = (kept.scores.adherence, kept.scores.aesthetics) if attempt else (chance.uniform(2, 4.6), 4.1)
        yield m.JudgeVerdict(
            job=judged, job_id=judged.job_id, adherence=good[0], aesthetics=good[1], by="critic@1", meter=meter,
            reason="" if attempt else f"the {chance.choice(NOUNS)} changed as well",
        )  # fmt: skip

"""What the cluster adds to a job when nothing queues: from the edit job to its verdicts, by the broker's clock."""

import random
import time
from collections.abc import Iterator
from typing import Any

from schemas import codec, ids, topics
from schemas import messages as m
from tests.bench.cluster.site import PARTITIONS, Rows, Servers, Site, percentile, site
from tests.property.world import source

PER_S = 2.0
"""Sources; of each come five edit jobs at the same moment."""
MOST = 1 << 20
ROLES = (
    ("stream", "director"),
    ("worker", "editor", "null"),
    ("worker", "screen", "null"),
    ("worker", "judge", "null"),
)
Attempt = tuple[str, int]


def rows(servers: Servers, sources: int) -> Rows:
    """From edit job to screen verdict (editor and screen), and on to the judge's (with director and judge)."""
    with site(servers, "overhead") as here:
        for role in ROLES:
            here.start(f"{role[1]}-0", *role, *(("--policy", "paper") if "director" in role else ()))
        _warm_up(here)
        rng, until = random.Random(1), 0.0
        for _ in range(sources):
            _ask(here, rng)
            until = time.monotonic() + 1 / PER_S
            here.until(lambda until=until: time.monotonic() >= until, "the next one's turn")  # type: ignore[misc]
        here.until(lambda: _idle(here), "all done")
        asked, screened, judged = _times(here)
    for what, found in (("screen verdict", screened), ("judge verdict", judged)):
        took = [at - asked[attempt] for attempt, at in found.items() if attempt in asked]
        measured = f"p50 {percentile(took, 0.5):,.0f} ms, p99 {percentile(took, 0.99):,.0f} ms ({len(took)})"
        yield f"edit job to {what}, null models, {PER_S * 5:.0f} jobs/s", measured


def _ask(here: Site, rng: random.Random) -> None:
    made = source(rng, 1)
    here.publish([codec.outgoing(m.GateVerdict(job=made, job_id=made.job_id, yes=True))])


def _warm_up(here: Site) -> None:
    """Until every role has answered once; what was asked meanwhile is left out."""
    rng = random.Random(0)
    for _ in range(2 * PARTITIONS):
        _ask(here, rng)
    here.until(lambda: here.done("judge"), "a first judge's verdict")
    here.until(lambda: _idle(here), "all done")
    here.since_ms = time.time() * 1000


def _idle(here: Site) -> bool:
    """Whether the roles that run have nothing left to do."""
    lags = here.stores.bus.lag()
    return not any(lags[pair].waiting for pair in lags if pair[1] in {"director", "editor", "screen", "judge"})


def _times(here: Site) -> tuple[dict[Attempt, float], dict[Attempt, float], dict[Attempt, float]]:
    """Broker's milliseconds of each attempt's edit job, screen verdict and forward judge verdict."""
    asked = {
        (job.request_id, job.attempt): at for job, at in _told(here, topics.EDIT_JOBS) if at >= here.since_ms
    }  # fmt: skip
    screened, judged = {}, {}
    for event, at in _told(here, topics.VERDICTS):
        match event:
            case m.ScreenVerdict():
                screened[event.job.job.request_id, event.job.job.attempt] = at
            case m.JudgeVerdict() if event.job.kind == "forward":
                about = event.job
                judged[ids.request_id(about.subject.source_id, about.request.instruction), about.attempt] = at
    return asked, screened, judged


def _told(here: Site, topic: topics.Topic) -> Iterator[tuple[Any, float]]:
    wire = here.prefix + topic.name
    places = {(wire, number): 0 for number in range(here.stores.bus.partitions(topic.name))}
    for record in here.look_at.read(places, MOST):
        yield codec.decode(topic, record.value), float(record.timestamp)

"""A made-up world that answers any message of a plan, by its name alone; for property tests of the plan."""

import random
from dataclasses import dataclass, field

from schemas import ids
from schemas import messages as m
from streams.rules.facts import Ledger
from streams.rules.plan import plan
from streams.rules.policy import Composition, Inversion, Policy, Texts
from workers import odds

OPERATIONS = ("remove", "add", "recolor", "style", "vignette", "season")


def ref(name: str) -> m.ImageRef:
    digest = ids.digest("image", name)
    return m.ImageRef(key=f"scratch/{digest}.webp", sha256=digest * 2, width=64, height=64)


def source(rng: random.Random, requests: int, text: str = "a scene") -> m.Source:
    name = ids.digest("source", rng.random().hex())
    subject = m.Subject(campaign="c", source_id=name, prompt_id="p", text=text, image=ref(name))
    asked = tuple(m.Request(instruction=f"edit {n}", operation=rng.choice(OPERATIONS)) for n in range(requests))
    return m.Source(subject=subject, requests=asked)


def policy(rng: random.Random) -> Policy:
    waves = tuple(rng.randint(1, 3) for _ in range(rng.randint(1, 3)))
    inverts = rng.random() < 0.8
    return Policy(
        name="drawn",
        waves=waves,
        survivors=rng.randint(1, sum(waves)),
        inversion=Inversion(enabled=inverts),
        composition=Composition(enabled=inverts and rng.random() < 0.8, neighbours=rng.randint(1, 3)),
        texts=Texts(forms=tuple(rng.sample(["short", "zh"], rng.randint(0, 2)))),
    )


@dataclass
class World:
    """Answers jobs: `pass_rate` of judgements pass, `fail_rate` of jobs fail, `redrive_rate` of those are redriven."""

    seed: int
    pass_rate: float = 0.5
    fail_rate: float = 0.1
    redrive_rate: float = 0.5
    answered: set[str] = field(default_factory=set)

    def _draw(self, *parts: str | int) -> float:
        return odds.uniform(self.seed, *parts)

    def _fails(self, job_id: str) -> bool:
        return self._draw("fail", job_id) < self.fail_rate

    def opened(self, drawn: m.Source) -> list[m.Message]:
        """The gate's events for a source: a yes, or a failure and perhaps its redrive."""
        if not self._fails(drawn.job_id):
            return [m.GateVerdict(job=drawn, job_id=drawn.job_id, yes=True)]
        return self._failure(drawn.job_id, "gate", drawn.subject.source_id, drawn.retry, source=drawn)

    def answer(self, message: m.Message) -> list[m.Message]:
        """The events that a plan's message leads to."""
        match message:
            case m.Source():
                return self.opened(message)
            case m.EditJob():
                if self._fails(message.job_id):
                    return self._failure(message.job_id, "edit", message.subject.source_id)
                return self.answer(m.Candidate(job=message, image=ref(message.job_id), made_by="null@1"))
            case m.Candidate():
                if self._fails(message.job_id):
                    name = message.job.subject.source_id
                    return self._failure(message.job_id, "screen", name, message.retry, candidate=message)
                value = float(self._draw("screen", message.job_id) < self.pass_rate)
                return [m.ScreenVerdict(job=message, job_id=message.job_id, measures={"null.soft": value})]
            case m.JudgeJob():
                return self._judge(message)
            case m.TextJob():
                if self._fails(message.job_id):
                    return self._failure(message.job_id, "text", message.subject.source_id, message.retry)
                return [m.TextAnswer(job=message, job_id=message.job_id, text=f"text {message.job_id}")]
            case _:
                return []

    def _judge(self, job: m.JudgeJob) -> list[m.Message]:
        if self._fails(job.job_id):
            return self._failure(job.job_id, "judge", job.subject.source_id, job.retry)
        draw = self._draw("judge", job.job_id)
        score = 4.7 + draw * 0.3 if draw < self.pass_rate else 1.0 + 3.6 * draw
        return [m.JudgeVerdict(job=job, job_id=job.job_id, adherence=score, aesthetics=score, by="null@1")]

    def _failure(
        self,
        job_id: str,
        stage: ids.Stage,
        source_id: str,
        retry: int = 0,
        source: m.Source | None = None,
        candidate: m.Candidate | None = None,
    ) -> list[m.Message]:
        failure = m.Failure(
            job_id=job_id, stage=stage, source_id=source_id, retry=retry, reason="made up", source=source,
            candidate=candidate,
        )  # fmt: skip
        if stage == "edit" or retry >= 2 or self._draw("redrive", job_id) >= self.redrive_rate:
            return [failure]
        return [failure, m.Redrive(source_id=source_id, job_id=job_id, retry=retry + 1)]


def history(world: World, drawn: m.Source, decided: Policy) -> tuple[list[m.Message], dict[str, m.Message]]:
    """Every event of a source's life until the plan is content, and every message the plan called for."""
    ledger = Ledger(decided.policy_id)
    events = world.opened(drawn)
    for event in events:
        ledger.add(event)
    messages: dict[str, m.Message] = {}
    while True:
        new = {name: build() for name, build in plan(ledger, decided).messages.items() if name not in messages}
        if not new:
            return events, messages
        messages |= new
        for message in new.values():
            for event in world.answer(message):
                events.append(event)
                ledger.add(event)

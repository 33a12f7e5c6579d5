"""A source's life told event by event, and what the plan newly calls for after each."""

from collections.abc import Iterable
from typing import Any, TypeVar

from schemas import ids
from schemas import messages as m
from streams.rules.facts import Ledger
from streams.rules.plan import Plan, plan
from streams.rules.policy import Composition, Inversion, Judging, Policy, Screening, Texts

Kind = TypeVar("Kind", bound=m.Message)

SOURCE_ID = ids.digest("the source")
BAR = "looks.good"


def policy(
    waves: tuple[int, ...] = (1,),
    survivors: int = 1,
    inverts: bool = False,
    neighbours: int = 0,
    forms: tuple[str, ...] = (),
    judge: Judging = Judging(),  # noqa: B008 - frozen
) -> Policy:
    """Soft bar `looks.good` at 0.5, judge's bars at 4.7, backward bar at 3.0; nothing further unless asked for."""
    return Policy(
        name="told",
        waves=waves,
        survivors=survivors,
        judge=judge,
        screen=Screening(bars={BAR: m.Bar(min=0.5)}, spare=(BAR,)),
        inversion=Inversion(enabled=inverts, backward=3.0),
        composition=Composition(enabled=bool(neighbours), neighbours=neighbours or 1),
        texts=Texts(forms=forms),
    )


def picture(name: str) -> m.ImageRef:
    digest = ids.digest(name)
    return m.ImageRef(key=f"scratch/{digest}.webp", sha256=digest * 2, width=64, height=64)


def source(*operations: str) -> m.Source:
    """A source asked one edit of each operation, given in the order of the requests' ids (the ring)."""
    subject = m.Subject(campaign="c", source_id=SOURCE_ID, prompt_id="p", text="a scene", image=picture("source"))
    wordings = sorted((f"edit {n}" for n in range(len(operations))), key=lambda text: ids.request_id(SOURCE_ID, text))
    return m.Source(
        subject=subject,
        requests=tuple(m.Request(instruction=w, operation=op) for w, op in zip(wordings, operations, strict=True)),
    )


def of(kind: type[Kind], messages: Iterable[m.Message]) -> list[Kind]:
    """The messages of a class."""
    return [message for message in messages if isinstance(message, kind)]


class Story:
    """What is known of a source; each method tells an event and gives the messages that are new, by ring position."""

    def __init__(self, decided: Policy, *operations: str) -> None:
        self.policy = decided
        self.source = source(*(operations or ("remove",)))
        self.ledger = Ledger(decided.policy_id)
        self._known: set[str] = set()

    def request_id(self, place: int = 0) -> str:
        """Id of the request at a place of the ring."""
        return ids.request_id(SOURCE_ID, self.source.requests[place].instruction)

    @property
    def plan(self) -> Plan:
        return plan(self.ledger, self.policy)

    def tell(self, event: m.Message) -> list[m.Message]:
        """Add an event; gives what the plan calls for now and did not before."""
        self.ledger.add(event)
        new = {name: build() for name, build in self.plan.messages.items() if name not in self._known}
        self._known |= new.keys()
        return [message for _, message in sorted(new.items(), key=lambda item: _place(item[1]))]

    def gate(self, yes: bool = True) -> list[m.Message]:
        return self.tell(m.GateVerdict(job=self.source, job_id=self.source.job_id, yes=yes))

    def screen(self, job: m.EditJob, look: float | None = 1.0, retry: int = 0) -> list[m.Message]:
        """The attempt was made, and measured `look` by the soft bar (None: not measured)."""
        candidate = self.candidate(job, retry)
        measures = {} if look is None else {BAR: look}
        return self.tell(m.ScreenVerdict(job=candidate, job_id=candidate.job_id, measures=measures))

    def candidate(self, job: m.EditJob, retry: int = 0) -> m.Candidate:
        return m.Candidate(job=job, image=picture(job.job_id), made_by="painter@1", retry=retry)

    def judge(self, job: m.JudgeJob, adherence: float = 4.8, aesthetics: float | None = None) -> list[m.Message]:
        return self.tell(
            m.JudgeVerdict(
                job=job, job_id=job.job_id, adherence=adherence, aesthetics=aesthetics or adherence, by="critic@1"
            )
        )

    def attempt(self, job: m.EditJob, adherence: float = 4.8, aesthetics: float | None = None) -> list[m.Message]:
        """The attempt was made, passed the screen and was judged."""
        (judgement,) = of(m.JudgeJob, self.screen(job))
        return self.judge(judgement, adherence, aesthetics)

    def lose(self, job: m.EditJob) -> list[m.Message]:
        """The attempt was made and turned down by the screen."""
        return self.screen(job, look=0.0)

    def write(self, job: m.TextJob, text: str = "Put it back.") -> list[m.Message]:
        return self.tell(m.TextAnswer(job=job, job_id=job.job_id, text=text, by="scribe@1"))

    def fail(self, job: Any, stage: ids.Stage) -> list[m.Message]:
        """The job cannot be done."""
        return self.tell(
            m.Failure(
                job_id=job.job_id,
                stage=stage,
                source_id=SOURCE_ID,
                reason="no",
                source=job if isinstance(job, m.Source) else None,
                candidate=job if isinstance(job, m.Candidate) else None,
            )
        )

    def redrive(self, job_id: str, retry: int = 1) -> list[m.Message]:
        return self.tell(m.Redrive(source_id=SOURCE_ID, job_id=job_id, retry=retry))

    def invert(self, triplet: list[m.Message], adherence: float = 4.8) -> list[m.Message]:
        """The winner's inverse was written and judged."""
        (words,) = of(m.TextJob, triplet)
        (judgement,) = of(m.JudgeJob, self.write(words, f"undo {words.request.instruction}"))
        return self.judge(judgement, adherence)

    def win(self, *scores: float) -> list[m.Message]:
        """Gate yes, and each request's first attempt survives and is inverted with these scores; what came last."""
        new: list[m.Message] = []
        for job, score in zip(of(m.EditJob, self.gate()), scores, strict=True):
            new = self.attempt(job)
            if of(m.TextJob, new):
                new = self.invert(new, score)
        return new


def _place(message: Any) -> tuple[str, str, int]:
    return type(message).__name__, getattr(message, "request_id", ""), getattr(message, "attempt", 0)

"""The one pure function of all policy: which messages the known facts of a source call for.

Two laws hold (property-tested): the plan depends on the set of facts only, and a further fact never removes a message.
So only what can never be un-said leads to a message: a whole wave decided, a check passed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from schemas import ids
from schemas import messages as m
from streams.rules.facts import Failed, Ledger, Passed, Scored, Screened, Worded, redrive_name
from streams.rules.orders import Case, Orders, Winner, operation_of
from streams.rules.policy import Policy

Build = Callable[[], m.Message]


@dataclass(frozen=True, slots=True)
class Plan:
    """Messages by name (a job's id, a triplet's id), built when asked for; and what the source still waits for.

    `waiting` maps each job without an answer to the name of the message that brings the answer about: the job itself,
    or the edit whose picture is to be screened. `parked` names the failed jobs that hold their request up.
    """

    messages: Mapping[str, Build]
    waiting: Mapping[str, str]
    parked: tuple[str, ...]

    @property
    def closed(self) -> bool:
        """Nothing is outstanding and nothing could be lifted: no event is expected any more."""
        return not self.waiting and not self.parked


class Released(NamedTuple):
    """A winner whose forward triplet passed its check; `inverse` is the inverse text, where the operation has one."""

    winner: Winner
    inverse: str


@dataclass(frozen=True, slots=True)
class Decided:
    """An attempt whose fate is known: its messages, and the winner it may become."""

    messages: Mapping[str, Build]
    survivor: Winner | None


Memo = dict[tuple[str, int], Decided]
"""Attempts decided in earlier evaluations of one ledger, by (request id, attempt): further facts never change them."""


def plan(ledger: Ledger, policy: Policy, memo: Memo | None = None) -> Plan:
    """Everything that `ledger`'s facts call for under `policy`; a `memo` kept beside the ledger only saves time."""
    if ledger.source is None:
        return Plan({}, {}, ())
    planner = _Planner(ledger.source, ledger.answers, policy, {} if memo is None else memo)
    planner.open(ledger.source)
    return Plan(planner.messages, planner.waiting, tuple(planner.parked))


class _Planner:
    """One evaluation of the plan; each method is one rule of the design (section 3).

    What is built later (the lambdas) holds on to `orders` alone, never to the planner: a memo may keep it for long.
    """

    def __init__(self, source: m.Source, answers: Mapping[str, object], policy: Policy, memo: Memo) -> None:
        self.answers = answers
        self.memo = memo
        self.policy = policy
        self.orders = Orders(source.subject, policy)
        self.messages: dict[str, Build] = {}
        self.waiting: dict[str, str] = {}
        self.parked: list[str] = []

    def open(self, source: m.Source) -> None:
        """Rule 1: a source that passed the gate has its requests tried; those released are composed."""
        subject = source.subject
        answer = self._ask(
            lambda retry: ids.job_id(subject.source_id, "gate", retry=retry),
            lambda retry, _failed: source.model_copy(update={"retry": retry}),
            brought_by="",
        )
        if not (isinstance(answer, Passed) and answer.yes):
            return
        requests = {ids.request_id(subject.source_id, r.instruction): r for r in reversed(source.requests)}
        self._compose([self._request(request_id, requests[request_id]) for request_id in sorted(requests)])

    def _request(self, request_id: str, request: m.Request) -> Released | None:
        winner = self._waves(request_id, request)
        return self._invert(winner) if winner else None

    def _waves(self, request_id: str, request: m.Request) -> Winner | None:
        """Rule 4: wave after wave until there are survivors enough; None while undecided or when none survived."""
        survivors: list[Winner] = []
        sent = 0
        for size in self.policy.waves:
            wave = [self._fate(request_id, request, attempt) for attempt in range(sent, sent + size)]
            sent += size
            if None in wave:
                return None
            survivors += [decided.survivor for decided in wave if decided and decided.survivor]
            if len(survivors) >= self.policy.survivors:
                break
        return max(survivors, key=_rank, default=None)

    def _fate(self, request_id: str, request: m.Request, attempt: int) -> Decided | None:
        """What became of an attempt, None while that is open; adds its messages either way."""
        decided = self.memo.get((request_id, attempt))
        if decided is None:
            before, self.messages = self.messages, {}
            known, survivor = self._attempt(request_id, request, attempt)
            if known:
                decided = self.memo[request_id, attempt] = Decided(self.messages, survivor)
            before.update(self.messages)
            self.messages = before
        else:
            self.messages.update(decided.messages)
        return decided

    def _attempt(self, request_id: str, request: m.Request, attempt: int) -> tuple[bool, Winner | None]:
        """Rules 2, 3 and 8: whether the attempt's fate is known, and the winner it may become if it survived."""
        orders = self.orders
        edit_id = orders.name(request_id, "edit", attempt)
        self.messages[edit_id] = lambda: orders.edit(request_id, request, attempt)
        if isinstance(self.answers.get(edit_id), Failed):
            return True, None
        screened = self._ask(
            lambda retry: orders.name(request_id, "screen", attempt, retry),
            lambda retry, failed: orders.screen(orders.edit(request_id, request, attempt), failed, retry),
            brought_by=edit_id,
        )
        if not isinstance(screened, Screened):
            return False, None
        if self.policy.missed(screened.measures, request.operation):
            return True, None
        scored = self._judge(orders.attempted(request_id, request, attempt, screened.image), request.instruction)
        if scored is None:
            return False, None
        if not self.policy.accepts(scored.scores, request.operation, scored.judge):
            return True, None
        return True, Winner(request, request_id, attempt, screened, scored)

    def _invert(self, winner: Winner) -> Released | None:
        """Rule 5: the forward triplet is released once its inverse was checked, or where there is none."""
        forward = self.orders.attempted(winner.request_id, winner.request, winner.attempt, winner.edited)
        asked = Worded(winner.request.instruction, "")
        if not self.orders.inverts(winner.request):
            self._release(forward, winner.scored, (winner,), asked)
            return Released(winner, "")
        inverse = self.orders.inverted(winner)
        words = self._word(inverse)
        scored = self._judge(inverse, words.text) if words else None
        if words is None or scored is None or self.policy.backward_fails(scored.scores):
            return None
        self._release(forward, winner.scored, (winner,), asked)
        if self.policy.accepts(scored.scores, operation_of(inverse), scored.judge):
            self._release(inverse, scored, (winner,), words)
        return Released(winner, words.text)

    def _compose(self, released: list[Released | None]) -> None:
        """Rule 6: pairs fixed by the ids alone; an edit without an inverse can only be the second of a pair."""
        if not self.policy.composition.enabled:
            return
        for i, j in ring_pairs(len(released), self.policy.composition.neighbours):
            first, second = released[i], released[j]
            if first is None or second is None:
                continue
            if not first.inverse:
                first, second = second, first
            if first.inverse:
                self._composite(first, second.winner)

    def _composite(self, first: Released, second: Winner) -> None:
        case = self.orders.composed(first.winner, second)
        words = self._word(case, first.inverse)
        scored = self._judge(case, words.text) if words else None
        if words and scored and self.policy.accepts(scored.scores, "composite", scored.judge):
            self._release(case, scored, (first.winner, second), words)

    def _release(self, case: Case, scored: Scored, winners: tuple[Winner, ...], words: Worded) -> None:
        """Rule 7: the triplet goes out once all further texts are written."""
        texts: dict[str, str] = {}
        for form in self.policy.texts.forms:
            answer = self._form(case, words.text, form)
            if answer is not None:
                texts[form] = answer.text
        if len(texts) == len(self.policy.texts.forms):
            orders = self.orders
            self.messages[case.triplet_id] = lambda: orders.triplet(case, scored, winners, words, texts)

    # --- asking -------------------------------------------------------------------------------------------------------

    def _judge(self, case: Case, instruction: str) -> Scored | None:
        orders = self.orders
        answer = self._ask(
            lambda retry: orders.name(case.scope, "judge", case.attempt, retry),
            lambda retry, _failed: orders.judge(case, instruction, retry),
        )
        return answer if isinstance(answer, Scored) else None

    def _word(self, case: Case, inverse: str = "") -> Worded | None:
        orders = self.orders
        answer = self._ask(
            lambda retry: orders.name(case.triplet_id, "text", retry=retry),
            lambda retry, _failed: orders.text(case, retry, inverse),
        )
        return answer if isinstance(answer, Worded) else None

    def _form(self, case: Case, instruction: str, form: str) -> Worded | None:
        orders = self.orders
        answer = self._ask(
            lambda retry: orders.name(case.triplet_id, f"text/{form}", retry=retry),
            lambda retry, _failed: orders.form(case, instruction, form, retry),
        )
        return answer if isinstance(answer, Worded) else None

    def _ask(
        self, name: Callable[[int], str], build: Callable[[int, Failed], m.Message], brought_by: str | None = None
    ) -> object | None:
        """The standing answer of a job; None while it is waited for or parked (rule 8).

        Every repetition that a redrive called for is planned. `brought_by` names the message that leads to the first
        asking where that is another worker's output: an edit for its candidate, "" (none of ours) for a source.
        """
        retry, failed = 0, Failed("")
        while True:
            job = name(retry)
            ours = bool(retry) or brought_by is None
            if ours:
                self.messages[job] = _bound(build, retry, failed)
            answer = self.answers.get(job)
            if not isinstance(answer, Failed):
                if answer is None:
                    self.waiting[job] = job if ours else brought_by or ""
                return answer
            retry, failed = retry + 1, answer
            if redrive_name(job, retry) not in self.answers:
                self.parked.append(job)
                return None


def _bound(build: Callable[[int, Failed], m.Message], retry: int, failed: Failed) -> Build:
    return lambda: build(retry, failed)


def ring_pairs(count: int, neighbours: int) -> list[tuple[int, int]]:
    """Ordered pairs (i, i + k) on a ring of `count`, k up to `neighbours`, each unordered pair once."""
    seen: dict[frozenset[int], tuple[int, int]] = {}
    for k in range(1, neighbours + 1):
        for i in range(count):
            j = (i + k) % count
            if i != j:
                seen.setdefault(frozenset((i, j)), (i, j))
    return list(seen.values())


def _rank(winner: Winner) -> tuple[float, float, int]:
    """Highest geometric mean first, then the higher minimum, then the lower attempt."""
    scores = winner.scored.scores
    return scores.geometric_mean, min(scores.adherence, scores.aesthetics), -winner.attempt

"""The messages a plan can call for, built from what is known; deciding whether is `plan.py`'s part."""

from typing import NamedTuple

from schemas import ids
from schemas import messages as m
from schemas.ids import TripletKind
from schemas.taxonomy import taxonomy
from streams.rules.facts import Failed, Scored, Screened, Worded
from streams.rules.policy import Policy


class Winner(NamedTuple):
    """The attempt that won its request."""

    request: m.Request
    request_id: str
    attempt: int
    screened: Screened
    scored: Scored

    @property
    def edited(self) -> m.ImageRef:
        """The winning picture."""
        return self.screened.image


class Case(NamedTuple):
    """A triplet in the making: what is judged, written about and, in the end, released.

    `scope` is the id that names of its jobs hang on: the request for an attempt, else the triplet.
    """

    kind: TripletKind
    triplet_id: str
    scope: str
    request: m.Request
    before: m.ImageRef
    after: m.ImageRef
    attempt: int = 0
    other: m.Request | None = None


class Orders:
    """Builds messages about one subject under one policy."""

    def __init__(self, subject: m.Subject, policy: Policy) -> None:
        self.subject = subject
        self.policy = policy
        self.policy_id = policy.policy_id

    # --- cases --------------------------------------------------------------------------------------------------------

    def attempted(self, request_id: str, request: m.Request, attempt: int, after: m.ImageRef) -> Case:
        """The source, the request, one attempt's picture."""
        triplet = ids.triplet_id(request_id, "forward")
        return Case("forward", triplet, request_id, request, self.subject.image, after, attempt)

    def inverted(self, winner: Winner) -> Case:
        """From the winning picture to the source."""
        triplet = ids.triplet_id(winner.request_id, "inverse")
        return Case("inverse", triplet, triplet, winner.request, winner.edited, self.subject.image)

    def composed(self, first: Winner, second: Winner) -> Case:
        """From one winning picture of the source to another."""
        triplet = ids.triplet_id(first.request_id, "composite", second.request_id)
        return Case(
            "composite", triplet, triplet, first.request, first.edited, second.edited, other=second.request
        )  # fmt: skip

    # --- job names ----------------------------------------------------------------------------------------------------

    def name(self, scope: str, stage: str, attempt: int = 0, retry: int = 0) -> str:
        """Name of a job under this policy."""
        return ids.job_id(scope, stage, attempt, self.policy_id, retry)

    # --- messages -----------------------------------------------------------------------------------------------------

    def edit(self, request_id: str, request: m.Request, attempt: int) -> m.EditJob:
        """One attempt at a request."""
        return m.EditJob(
            job_id=self.name(request_id, "edit", attempt), policy_id=self.policy_id, subject=self.subject,
            request=request, request_id=request_id, attempt=attempt, seed=ids.attempt_seed(request_id, attempt),
            cutoffs=self.policy.cutoffs(request.operation),
        )  # fmt: skip

    def screen(self, job: m.EditJob, failed: Failed, retry: int) -> m.Candidate:
        """A candidate whose screening failed, once more."""
        if failed.image is None:
            raise ValueError(f"the failed screen of edit {job.job_id} does not say what it was to look at")
        return m.Candidate(job=job, image=failed.image, made_by=failed.editor, retry=retry)

    def judge(self, case: Case, instruction: str, retry: int) -> m.JudgeJob:
        """Score a case."""
        return m.JudgeJob(
            job_id=self.name(case.scope, "judge", case.attempt, retry), policy_id=self.policy_id,
            triplet_id=case.triplet_id, subject=self.subject, kind=case.kind, request=case.request, other=case.other,
            attempt=case.attempt, instruction=instruction, before=case.before, after=case.after, retry=retry,
        )  # fmt: skip

    def text(self, case: Case, retry: int, inverse: str = "") -> m.TextJob:
        """Write a case's instruction: an inverse, or a composite that begins with the text `inverse`."""
        return m.TextJob(
            job_id=self.name(case.triplet_id, "text", retry=retry), policy_id=self.policy_id,
            triplet_id=case.triplet_id, subject=self.subject,
            task="composite" if case.other else "inverse", kind=case.kind, request=case.request, other=case.other,
            instruction=case.request.instruction, inverse=inverse, before=case.before, after=case.after, retry=retry,
        )  # fmt: skip

    def form(self, case: Case, instruction: str, form: str, retry: int) -> m.TextJob:
        """Write another form of a case's instruction."""
        return m.TextJob(
            job_id=self.name(case.triplet_id, f"text/{form}", retry=retry), policy_id=self.policy_id,
            triplet_id=case.triplet_id, subject=self.subject, task="form", kind=case.kind, form=form,
            request=case.request, other=case.other, instruction=instruction, before=case.before, after=case.after,
            retry=retry,
        )  # fmt: skip

    def triplet(
        self, case: Case, scored: Scored, winners: tuple[Winner, ...], words: Worded, texts: dict[str, str]
    ) -> m.Triplet:
        """The accepted triplet; `words` is its instruction and who wrote it."""
        operation = operation_of(case)
        checkable = case.kind != "forward" or self.inverts(case.request)
        return m.Triplet(
            triplet_id=case.triplet_id, kind=case.kind, policy_id=self.policy_id, subject=self.subject,
            instruction=words.text, operation=operation, texts=texts, before=case.before, after=case.after,
            scores=scored.scores, measures=scored.measures, checked="inverse" if checkable else "none",
            edits=tuple(_edit(winner) for winner in winners), judge=scored.judge, writer=words.writer,
        )  # fmt: skip

    def inverts(self, request: m.Request) -> bool:
        """Whether the policy asks for an inverse and the operation has one."""
        return self.policy.inversion.enabled and taxonomy().has_inverse(request.operation)


def operation_of(case: Case) -> str:
    """The taxonomy's operation of the triplet: an inverse's is that of the way back."""
    if case.kind == "composite":
        return "composite"
    if case.kind == "inverse":
        return taxonomy().operations[case.request.operation].inverse or case.request.operation
    return case.request.operation


def _edit(winner: Winner) -> m.Edit:
    return m.Edit(
        request_id=winner.request_id, instruction=winner.request.instruction, operation=winner.request.operation,
        attempt=winner.attempt, seed=ids.attempt_seed(winner.request_id, winner.attempt),
        editor=winner.screened.editor, image_sha256=winner.screened.image.sha256, measures=winner.screened.measures,
    )  # fmt: skip

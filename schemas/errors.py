"""The one tree of errors: two steer the stream, one ends the process, the others end a step with one clear line."""

LONGEST = 1000
"""Characters of what a user is told."""


class NhrError(Exception):
    """Base of every error NHR raises on purpose."""


class Retry(NhrError):
    """The service is busy or away (quota, timeout, 5xx): ask again later. It is not an answer."""

    def __init__(self, reason: str, after_s: float = 1.0) -> None:
        super().__init__(reason)
        self.after_s = after_s


class Pending(Retry):
    """The service has the job and works at it for minutes or hours: neither an answer nor a refusal. Look again."""


class Reject(NhrError):
    """This job can never be done; the message says why and becomes its `Failure`."""


class Fatal(NhrError):
    """The process is beyond repair, such as one whose GPU has failed: it must end, and answers nothing more.

    The jobs it had in hand are asked again by the process after it, each alone, as after any other death.
    """


class Undecodable(NhrError):
    """Bytes that are no message of their topic."""


class Missing(NhrError):
    """A key that the store does not hold."""


class UserError(NhrError):
    """Something a user can mend: one line that says what, where and what next; what was read may be quoted in it."""

    def __init__(self, what: str, hint: str = "") -> None:
        what = what if len(what) <= LONGEST else f"{what[:LONGEST]}…"
        super().__init__(" ".join(f"{what}; {hint}".splitlines() if hint else what.splitlines()))

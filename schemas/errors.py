"""The one tree of errors: two steer the stream, the others end a step with one clear line."""


class NhrError(Exception):
    """Base of every error NHR raises on purpose."""


class Retry(NhrError):
    """The service is busy or away (quota, timeout, 5xx): ask again later. It is not an answer."""

    def __init__(self, reason: str, after_s: float = 1.0) -> None:
        super().__init__(reason)
        self.after_s = after_s


class Reject(NhrError):
    """This job can never be done; the message says why and becomes its `Failure`."""


class Undecodable(NhrError):
    """Bytes that are no message of their topic."""


class Missing(NhrError):
    """A key that the store does not hold."""


class UserError(NhrError):
    """Something a user can mend: one line that says what, where and what next."""

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(f"{what}; {hint}" if hint else what)

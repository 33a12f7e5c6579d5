"""What went wrong at a service, told in one line as the error that says what to do about it."""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

from schemas.errors import NhrError, Reject, Retry
from workers.language.asking import Busy, Misconfigured

DAY_S = 86400.0
"""The longest wait that is believed."""
ADD_CREDIT_S = 600.0
"""Between two looks whether somebody has paid."""
QUOTA_DAY_BEGINS = 8
"""Hour, UTC, by which Gemini's daily quotas have started anew: midnight Pacific time, an hour later in summer.

https://ai.google.dev/gemini-api/docs/rate-limits
"""
LONGEST_SAID = 300
PASSING = frozenset({408, 409, 425, 429, 499})
OF_THE_REQUEST = frozenset({400, 413, 422})
OF_THE_SET_UP = re.compile(
    r"api.?key|not enabled|(not|n't) support|unsupported|unknown (name|field|parameter)|unrecogni[sz]ed|"
    r"billing|precondition|model.{0,40}not.{0,8}(found|exist)",
    re.IGNORECASE,
)
"""Words of a refused request (status 400) that would refuse every other one, too. A job that is blamed wrongly is lost
to a person's attention; one that is held wrongly fails as soon as others are answered."""


def refused(who: str, status: int, said: str, after_s: float | None = None, code: str = "") -> NhrError:
    """The error for an HTTP status other than 200; `said` is the service's own message, `code` its name for it."""
    words = " ".join(f"{code} {said}".split()) or _phrase(status)
    text = f"{who}: {status} {words[:LONGEST_SAID]}"
    if status in OF_THE_REQUEST:
        return Misconfigured(text) if status == HTTPStatus.BAD_REQUEST and OF_THE_SET_UP.search(words) else Reject(text)
    if code == "insufficient_quota":
        return Busy(f"{text} (somebody has to pay)", ADD_CREDIT_S)
    if status in PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Busy(text, after_s)
    return Misconfigured(f"{text}{HINTS.get(status, '')}")


HINTS = {
    401: " (is the key right?)",
    403: " (may the key use this model?)",
    404: " (are model, url and API version right?)",
}


def unreachable(who: str, error: Exception) -> Retry:
    """The error for a call that got no whole answer in time."""
    why = " ".join(str(error).split()) or "no answer"
    return Retry(f"{who}: {type(error).__name__}: {why[:LONGEST_SAID]}")


def nonsense(who: str, body: str) -> Retry:
    """The error for status 200 with something else than the answer's JSON, such as the page of a proxy."""
    shown = " ".join(body.split())
    return Retry(f"{who} answered with no JSON object: {shown[:80]!r}" if shown else f"{who} answered with nothing")


def told_after(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Seconds that `Retry-After` asks for, given in seconds or as an HTTP date; None where it says nothing sensible."""
    if (milliseconds := _seconds(headers.get("retry-after-ms", ""))) is not None:
        return milliseconds / 1000
    text = headers.get("retry-after", "").strip()
    if (seconds := _seconds(text)) is not None:
        return seconds
    try:
        when = parsedate_to_datetime(text)
    except ValueError:
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return min(DAY_S, max(0.0, (when - (now or datetime.now(UTC))).total_seconds()))


def google_after(details: object, now: datetime | None = None) -> float | None:
    """Seconds to wait by Google's error details: `RetryInfo`, or the rest of the day where the day's quota is used."""
    found: float | None = None
    for detail in details if isinstance(details, list) else []:
        kind = str(_get(detail, "@type"))
        if kind.endswith("RetryInfo"):
            found = _seconds(str(_get(detail, "retryDelay")).removesuffix("s"))
        if kind.endswith("QuotaFailure"):
            violations = _get(detail, "violations")
            quotas = [str(_get(one, "quotaId")) for one in violations if one] if isinstance(violations, list) else []
            if any("PerDay" in quota for quota in quotas):
                return _until_next_quota_day(now or datetime.now(UTC))
    return found


def _until_next_quota_day(now: datetime) -> float:
    begins = now.replace(hour=QUOTA_DAY_BEGINS, minute=0, second=0, microsecond=0)
    return ((begins if begins > now else begins + timedelta(days=1)) - now).total_seconds()


def _seconds(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return min(DAY_S, value) if math.isfinite(value) and value >= 0 else None


def _get(mapping: Any, name: str) -> object:
    return mapping.get(name, "") if isinstance(mapping, Mapping) else ""


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "without a word"

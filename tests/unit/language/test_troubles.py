"""How long to wait, by what a service says."""

from datetime import UTC, datetime

import pytest

from workers.language.asking import Busy, Misconfigured
from workers.language.troubles import DAY_S, google_after, nonsense, refused, told_after

NOW = datetime(2026, 11, 27, 12, 0, 0, tzinfo=UTC)
RETRY_INFO = "type.googleapis.com/google.rpc.RetryInfo"
QUOTA_FAILURE = "type.googleapis.com/google.rpc.QuotaFailure"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": " 2.5 "}, 2.5),
        ({"retry-after": "99999999"}, DAY_S),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "Fri, 27 Nov 2026 12:01:30 GMT"}, 90.0),
        ({"retry-after": "Fri, 27 Nov 2026 12:01:30"}, 90.0),
        ({"retry-after": "Fri, 27 Nov 2026 11:00:00 GMT"}, 0.0),
        ({"retry-after": "Fri, 27 Nov 2099 11:00:00 GMT"}, DAY_S),
        ({"retry-after": "Fri, 99 Nov 2026 11:00:00 GMT"}, None),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
    ],
)
def test_the_header_is_read_in_seconds_and_as_a_date(headers: dict[str, str], seconds: float | None) -> None:
    assert told_after(headers, NOW) == seconds


@pytest.mark.parametrize(
    ("details", "seconds"),
    [
        (None, None),
        ("x", None),
        ([None, 5, {}], None),
        ([{"@type": RETRY_INFO, "retryDelay": "3.837906927s"}], 3.837906927),
        ([{"@type": RETRY_INFO, "retryDelay": "s"}], None),
        ([{"@type": RETRY_INFO}], None),
        ([{"@type": QUOTA_FAILURE, "violations": [{"quotaId": "RequestsPerMinute"}]}], None),
        ([{"@type": QUOTA_FAILURE, "violations": "x"}], None),
        ([{"@type": QUOTA_FAILURE, "violations": [{"quotaId": "RequestsPerDayPerProject"}]}], 20 * 3600.0),
    ],
)
def test_googles_details_are_read(details: object, seconds: float | None) -> None:
    assert google_after(details, NOW) == seconds


def test_a_quota_of_the_day_is_used_up_until_eight_utc() -> None:
    details = [{"@type": QUOTA_FAILURE, "violations": [{"quotaId": "RequestsPerDay"}]}]
    assert google_after(details, NOW.replace(hour=7, minute=59)) == 60.0
    assert google_after(details, NOW.replace(hour=8)) == DAY_S


def test_whatever_is_said_becomes_one_short_line() -> None:
    for error in (refused("m", 503, "a\nb " * 1000), nonsense("m", "<html>\n" * 1000), refused("m", 799, "")):
        assert "\n" not in str(error)
        assert len(str(error)) < 400


@pytest.mark.parametrize(
    ("status", "kind"), [(429, Busy), (499, Busy), (529, Busy), (799, Busy), (404, Misconfigured), (451, Misconfigured)]
)
def test_a_status_that_nobody_foresaw_blames_no_job(status: int, kind: type[Exception]) -> None:
    assert isinstance(refused("m", status, "said"), kind)

"""Numbers as the page writes them."""

from datetime import UTC, datetime


def count(number: int) -> str:
    """1171773 as "1,171,773"."""
    return f"{number:,}"


def percent(rate: float | None) -> str:
    """0.368 as "36.8 %"; a dash when there is none."""
    return "–" if rate is None else f"{rate * 100:.1f} %"


def signed(rate: float | None) -> str:
    """-0.131 as "−13.1 %"."""
    return "–" if rate is None else f"{rate * 100:+.1f} %".replace("-", "−")


def times(rate: float | None) -> str:
    """18.51 as "× 18.51"."""
    return "–" if rate is None else f"× {rate:.2f}"


def plain(value: float | None) -> str:
    """9.445 as "9.45"."""
    return "–" if value is None else f"{value:.2f}"


def amount(value: float | None) -> str:
    """Three digits that tell something: 0.01234 as "0.0123", 1234.5 as "1,234"; a dash for nothing."""
    if not value:
        return "–"
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value >= 0.001 else f"{value:.1e}"


def elapsed(seconds: float | None) -> str:
    """0.0123 as "12.3 ms", 75 as "75.0 s", 4000 as "66.7 min", 90000 as "25.0 h"; a dash for nothing."""
    if not seconds:
        return "–"
    for unit, length, most in (("ms", 0.001, 1), ("s", 1, 120), ("min", 60, 7200)):
        if seconds < most:
            return f"{seconds / length:.3g} {unit}" if seconds < 10 * length else f"{seconds / length:.1f} {unit}"
    return f"{seconds / 3600:,.1f} h"


def duration(seconds: int) -> str:
    """3600 as "1 hour", 300 as "5 minutes"."""
    units = (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1))
    unit, length = next((unit, length) for unit, length in units if seconds % length == 0)
    return f"{seconds // length} {unit}{'s' if seconds > length else ''}"


def moment(at: float) -> str:
    """Unix seconds as "23 Nov 2026, 22:05 UTC"."""
    return f"{datetime.fromtimestamp(at, UTC):%d %b %Y, %H:%M UTC}".lstrip("0")

"""How the canary of each judge that was ever shown one is: its latest day, held against its first."""

from datetime import UTC, datetime

from infra.canary import comparing, days
from infra.telemetry.figures import Canary
from schemas.ports import Blobs


class Canaries:
    """Looks again and again; a day is read once, for it never changes."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs
        self._known: dict[str, Canary] = {}

    def look(self) -> list[Canary]:
        """One for each plug-in: of several recipes the one shown last, and of those of one day any that drifted.

        Raises `UserError` for a day that cannot be read.
        """
        latest: dict[str, str] = {}
        for key in self._blobs.list(f"{days.FOLDER}/"):
            recipe, _, _ = key.removeprefix(f"{days.FOLDER}/").rpartition("/")
            latest[recipe] = max(key, latest.get(recipe, ""))
        self._known = {key: self._known.get(key) or self._read(key) for key in latest.values()}
        found: dict[str, Canary] = {}
        for one in sorted(self._known.values(), key=lambda one: (one.at, one.drifted)):
            found[one.model] = one
        return list(found.values())

    def _read(self, key: str) -> Canary:
        day = days.read(self._blobs, key)
        beyond = comparing.drift(day, days.baseline(self._blobs, day), ()).beyond(comparing.Bars())
        at = datetime.fromisoformat(day.date).replace(tzinfo=UTC)
        return Canary(day.judge.partition("@")[0], bool(beyond), at.timestamp())

"""How long partitions stand still after `kill -9` of who had them, under a steady load."""

import signal
import time

from schemas.ports import Outgoing
from tests.bench.cluster.editors import jobs
from tests.bench.cluster.site import Rows, Servers, Site, percentile, site
from tests.chaos import campaign

ROLES = {"director": ("stream", "director", "--policy", campaign.POLICY), "editor": ("worker", "editor", "null")}
EACH = 2
PER_S = 40.0
"""Verdict events, and as many edit jobs: every partition gets some each second."""
SETTLED_S = 3.0
LONGEST_S = 40.0


class Feed:
    """Publishes at a steady rate whenever it is called."""

    def __init__(self, here: Site, number: int) -> None:
        self._here, self._started, self._fed = here, time.monotonic(), 0
        self._streams: list[list[Outgoing]] = [campaign.events(7, number), jobs(number, seed=7)]

    def __call__(self) -> None:
        """Publish what is due."""
        due = int((time.monotonic() - self._started) * PER_S)
        self._here.publish([one for stream in self._streams for one in stream[self._fed : due]])
        self._fed = due


def rows(servers: Servers, kills: int) -> Rows:
    """Of directors and of editors, two of each, without a slot and with one."""
    for slotted in (False, True):
        took: dict[str, list[float]] = {role: [] for role in ROLES}
        with site(servers, f"recovery-{'slots' if slotted else 'free'}") as here:
            for role, arguments in ROLES.items():
                for number in range(EACH):
                    here.start(f"{role}-{number}", *arguments, slot=str(number) if slotted else "")
            here.feed = Feed(here, int(PER_S * (60 + kills * LONGEST_S)))
            _moving(here, set(ROLES), patience_s=60.0)
            for kill in range(kills):
                _settle(here)
                for role, seconds in _kill(here, f"{kill % EACH}").items():
                    took[role].append(seconds)
        for role, seconds_each in took.items():
            p50, p95 = percentile(seconds_each, 0.5), percentile(seconds_each, 0.95)
            how = "with NHR_SLOT" if slotted else "no slot"
            measured = f"p50 {p50:.1f} s, p95 {p95:.1f} s ({' '.join(f'{one:.1f}' for one in seconds_each)})"
            yield f"kill -9 of one of {EACH} {role}s, {how}: all partitions move on", measured


def _kill(here: Site, number: str) -> dict[str, float]:
    """Kill one of each role at once; gives the seconds until each role's partitions all move on."""
    for role in ROLES:
        process = here.watch[f"{role}-{number}"].process
        assert process is not None
        process.send_signal(signal.SIGKILL)
        process.wait()
    return _moving(here, set(ROLES), LONGEST_S)


def _moving(here: Site, roles: set[str], patience_s: float) -> dict[str, float]:
    """Seconds until every partition of each role has been worked on since now."""
    since = time.monotonic()
    before = {role: here.done(role) for role in roles}
    found: dict[str, float] = {}

    def look() -> bool:
        for role in roles - set(found):
            now = here.done(role)
            if len(now) >= here.partitions and all(now[at] > before[role].get(at, 0) for at in now):
                found[role] = time.monotonic() - since
        return len(found) == len(roles)

    here.until(look, f"partitions of {', '.join(sorted(roles))} move on", patience_s)
    return found


def _settle(here: Site) -> None:
    """Wait until everybody is at work again, and a little longer, so that each kill meets a calm group."""
    since = time.monotonic()

    def calm() -> bool:
        members = {one.group: one for one in here.stores.bus.groups() if one.group in ROLES}
        full = all(sum(bool(m.partitions) for m in members[role].members) == EACH for role in ROLES)
        return full and time.monotonic() - since >= SETTLED_S

    here.until(calm, "both of each role have partitions", LONGEST_S)

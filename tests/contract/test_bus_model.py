"""The embedded bus against a model that a child could follow, in every order of calls that Hypothesis thinks of."""

import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from infra.bus.sqlite import SqliteBus
from infra.bus.sqlite_member import SqliteSubscription
from schemas.ports import Delivery, Lag, Outgoing
from tests.contract.buses import TWO, TWO_GROUPS
from tests.contract.clocks import FakeClock

LEASE_S = 10.0
MEMBERS = 3


class _Member:
    """A subscription, what it was given and not told us to forget, and which of that the model says it holds."""

    def __init__(self, subscription: SqliteSubscription) -> None:
        self.subscription = subscription
        self.given: dict[int, Delivery] = {}


class _GroupModel:
    """Who holds which offset since when, and which are done."""

    def __init__(self) -> None:
        self.handed_out = 0
        self.done: set[int] = set()
        self.held: dict[int, tuple[_Member, float]] = {}


class BusAgainstModel(RuleBasedStateMachine):
    """Two groups of three members each read one topic; time passes, members come and go, the process restarts."""

    @initialize()
    def start(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.clock = FakeClock()
        self.published = 0
        self.bus = SqliteBus(self.folder / "nhr.sqlite", self.clock, lease_s=LEASE_S)
        self.groups = {group: _GroupModel() for group in TWO_GROUPS}
        self.members = {group: [self._join(group) for _ in range(MEMBERS)] for group in TWO_GROUPS}

    def _join(self, group: str) -> _Member:
        return _Member(self.bus.subscribe(TWO, group))

    def _alive(self, since: float) -> bool:
        return self.clock.now() - since <= LEASE_S

    @rule(count=st.integers(1, 12))
    def publish(self, count: int) -> None:
        numbers = range(self.published, self.published + count)
        self.bus.publish([Outgoing(TWO, "k", b"%d" % number) for number in numbers])
        self.published += count

    @rule(group=st.sampled_from(TWO_GROUPS), who=st.integers(0, MEMBERS - 1), limit=st.integers(1, 9))
    def poll(self, group: str, who: int, limit: int) -> None:
        model, member = self.groups[group], self.members[group][who]
        expired = sorted(offset for offset, (_, since) in model.held.items() if not self._alive(since))
        fresh = list(range(model.handed_out, self.published))
        got = member.subscription.poll(limit, 0.0)
        assert [one.offset for one in got] == (expired + fresh)[:limit]
        assert all(one.value == b"%d" % one.offset for one in got)
        for one in got:
            model.handed_out = max(model.handed_out, one.offset + 1)
            model.held[one.offset] = (member, self.clock.now())
            member.given[one.offset] = one

    @rule(
        group=st.sampled_from(TWO_GROUPS),
        who=st.integers(0, MEMBERS - 1),
        picks=st.lists(st.integers(0, 60), max_size=12),
    )
    def ack(self, group: str, who: int, picks: list[int]) -> None:
        model, member = self.groups[group], self.members[group][who]
        given = list(member.given.values())
        chosen = [given[pick % len(given)] for pick in picks if given]
        member.subscription.ack(chosen)
        for one in chosen:
            if model.held.get(one.offset, (None, 0.0))[0] is member:
                del model.held[one.offset]
                model.done.add(one.offset)

    @rule(group=st.sampled_from(TWO_GROUPS), who=st.integers(0, MEMBERS - 1))
    def keep(self, group: str, who: int) -> None:
        member, model = self.members[group][who], self.groups[group]
        member.subscription.keep()
        for offset, (holder, _) in list(model.held.items()):
            if holder is member:
                model.held[offset] = (member, self.clock.now())

    @rule(group=st.sampled_from(TWO_GROUPS), who=st.integers(0, MEMBERS - 1))
    def leave(self, group: str, who: int) -> None:
        member, model = self.members[group][who], self.groups[group]
        member.subscription.close()
        for offset, (holder, _) in list(model.held.items()):
            if holder is member:
                model.held[offset] = (member, float("-inf"))
        self.members[group][who] = self._join(group)

    @rule(seconds=st.sampled_from([1.0, 4.0, 11.0]))
    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)

    @precondition(lambda self: self.published > 0)
    @rule()
    def restart(self) -> None:
        """As after `kill -9`: members are forgotten with what they held, their leases stand."""
        self.bus.close()
        self.bus = SqliteBus(self.folder / "nhr.sqlite", self.clock, lease_s=LEASE_S)
        self.members = {group: [self._join(group) for _ in range(MEMBERS)] for group in TWO_GROUPS}

    @rule()
    def release_all(self) -> None:
        self.bus.release_all()
        for model in self.groups.values():
            for offset, (holder, _) in list(model.held.items()):
                model.held[offset] = (holder, float("-inf"))

    @invariant()
    def lag_agrees(self) -> None:
        if not hasattr(self, "bus"):
            return
        lag = self.bus.lag()
        for group, model in self.groups.items():
            in_flight = sum(self._alive(since) for _, since in model.held.values())
            waiting = self.published - model.handed_out + len(model.held) - in_flight
            assert lag[TWO, group] == Lag(waiting, in_flight)

    def teardown(self) -> None:
        if not hasattr(self, "bus"):
            return
        try:
            self._everything_left_can_be_had()
        finally:
            self.bus.close()
            shutil.rmtree(self.folder)

    def _everything_left_can_be_had(self) -> None:
        self.clock.advance(2 * LEASE_S)
        for group, model in self.groups.items():
            member, got = self.bus.subscribe(TWO, group), set[int]()
            while batch := member.poll(50, 0.0):
                got.update(one.offset for one in batch)
                member.ack(batch)
            assert got == set(range(self.published)) - model.done


BusAgainstModel.TestCase.settings = settings(
    max_examples=60, stateful_step_count=30, derandomize=True, suppress_health_check=list(HealthCheck)
)
TestBusAgainstModel = BusAgainstModel.TestCase

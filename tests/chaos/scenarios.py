"""The storms: what is done to a cluster while it mines."""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from kafka import TopicPartition

from infra.bus import kafka_clients
from infra.cluster.beat import beats
from infra.cluster.supervisor import Child
from infra.services import kafka
from infra.wiring import Cluster
from schemas import topics
from schemas.ports import Outgoing
from tests.chaos.proxy import Proxy
from tests.chaos.rig import Rig

SESSION_S = kafka_clients.SESSION_S
POLL_S = 12.0
POISON = 0.05
LOST = 40
Env = Mapping[str, str]


@dataclass(frozen=True)
class Servers:
    """What a storm runs over, by its settings; and what of it the storm may break."""

    environment: Env
    brokers: kafka.Cluster | None = None
    proxy: Proxy | None = None


Storm = Callable[[Rig, Cluster, Servers, random.Random, int], None]
"""Told the messages that a calm run publishes in all."""


def everybody_killed(rig: Rig, stores: Cluster, _servers: Servers, rng: random.Random, messages: int) -> None:
    """`kill -9` of every process, each at another moment; the director and the editor twice."""
    victims = [*rig.names(), "director-0", "editor-0"]
    rng.shuffle(victims)
    for moment, victim in zip(_moments(rng, len(victims), messages), victims, strict=True):
        _reach(rig, stores, moment)
        rig.kill(victim)


def stopped_past_the_session(rig: Rig, stores: Cluster, _servers: Servers, rng: random.Random, messages: int) -> None:
    """SIGSTOP of an editor, a director, a judge and a collector until others have their partitions; then they wake."""
    victims = ["editor-0", "director-0", "judge-0", "collector-0"]
    _reach(rig, stores, _moments(rng, 4, messages)[1])
    for victim in victims:
        rig.hold(victim)
    rig.last(SESSION_S + 4.0)
    for victim in victims:
        rig.let_go(victim)


def stalled_past_the_poll_interval(
    rig: Rig, stores: Cluster, _servers: Servers, rng: random.Random, messages: int
) -> None:
    """SIGSTOP until both the session and the poll interval are over; then main threads sleep, heartbeats going on."""
    first, second = _moments(rng, 2, messages * 6 // 10)
    _reach(rig, stores, first)
    for victim in ("editor-0", "director-0", "judge-0", "collector-0"):
        rig.hold(victim)
    rig.last(POLL_S + 4.0)
    for victim in ("editor-0", "director-0", "judge-0", "collector-0"):
        rig.let_go(victim)
    _reach(rig, stores, second)
    for victim in ("editor-1", "screen-0", "judge-1", "recorder-0"):
        rig.doze(victim)
    rig.last(POLL_S + 4.0)
    for victim in ("editor-1", "screen-0", "judge-1", "recorder-0"):
        rig.wake(victim)
    rig.until(lambda: rig.full(stores), "everyone a member again")


def broker_restarted(rig: Rig, stores: Cluster, servers: Servers, rng: random.Random, messages: int) -> None:
    """The only broker is shut down, and comes back with its data; then it is killed."""
    assert servers.brokers is not None
    (node,) = servers.brokers.nodes
    for moment, end in zip(_moments(rng, 2, messages), (node.stop, node.kill), strict=True):
        _reach(rig, stores, moment)
        end()
        rig.faults["broker down"] += 1
        rig.last(2.0)
        node.start()


def leader_killed(rig: Rig, stores: Cluster, servers: Servers, rng: random.Random, messages: int) -> None:
    """One of three brokers is killed: whatever it leads, others take over; later it comes back."""
    assert servers.brokers is not None
    node = rng.choice(servers.brokers.nodes)
    before, after = _moments(rng, 2, messages)
    _reach(rig, stores, before)
    node.kill()
    rig.faults["leader kill -9"] += 1
    _reach(rig, stores, after)
    node.start()


def store_in_trouble(rig: Rig, stores: Cluster, servers: Servers, rng: random.Random, messages: int) -> None:
    """S3 answers 503, hangs, resets connections in mid-body, and is down for a while, one after the other."""
    assert servers.proxy is not None
    proxy = servers.proxy
    troubles: list[tuple[str, Callable[[], None], float]] = [
        ("503", lambda: proxy.set(unavailable=0.3), 4.0), ("hang", lambda: proxy.set(hang=0.05), 4.0),
        ("reset", lambda: proxy.set(reset=0.2), 4.0), ("down", lambda: proxy.set(down=True), 30.0),
    ]  # fmt: skip
    for moment, (_, begin, for_s) in zip(_moments(rng, len(troubles), messages), troubles, strict=True):
        _reach(rig, stores, moment)
        begin()
        rig.last(for_s)
        proxy.calm()
    rig.faults += proxy.injected()


def poisoned(rig: Rig, stores: Cluster, _servers: Servers, rng: random.Random, messages: int) -> None:
    """Bytes that are no message, one for every twenty messages, in every topic that somebody reads."""
    read = [topic for topic in topics.ALL if topic.groups]
    for moment in _moments(rng, 5, messages):
        _reach(rig, stores, moment)
        batch = [_poison(rng, rng.choice(read)) for _ in range(int(messages * POISON / 5))]
        stores.bus.publish(batch)
        rig.faults["poison"] += len(batch)


def scaled(rig: Rig, stores: Cluster, _servers: Servers, rng: random.Random, messages: int) -> None:
    """Editors 1 -> 4 -> 2 under load."""
    more, fewer = _moments(rng, 2, messages)
    _reach(rig, stores, more)
    command = rig.watch["editor-0"].command
    for number in (1, 2, 3):
        rig.watch.add(Child(f"editor-{number}", command))
        rig.faults["editor more"] += 1
    _reach(rig, stores, fewer)
    for number in (1, 3):
        rig.watch.remove(f"editor-{number}", 30.0)
        rig.faults["editor less"] += 1


def jobs_lost(rig: Rig, stores: Cluster, servers: Servers, _rng: random.Random, _messages: int) -> None:
    """Edit jobs that wait are deleted from their topic; the sweeper finds out while everybody works on."""
    rig.hold("editor-0")  # from the first: it has nothing in hand
    rig.until(lambda: stores.bus.ends()[topics.EDIT_JOBS.name] >= LOST, f"{LOST} edit jobs")
    ends = stores.bus.offsets().ends[topics.EDIT_JOBS.name]
    rig.faults["edit job deleted"] += sum(ends.values())
    wire = servers.environment["NHR_KAFKA_PREFIX"] + topics.EDIT_JOBS.name
    with closing(kafka_clients.admin(rig.settings)) as admin:
        admin.delete_records({TopicPartition(wire, partition): end for partition, end in ends.items()})
    rig.let_go("editor-0")
    rig.until(lambda: any(beat.jobs.get("resent") for beat in beats(stores.beats, time.time())), "a sweeper's find")


@dataclass(frozen=True)
class Scenario:
    """A storm and what it needs: several of a kind, brokers of its own, S3 behind the proxy; threads that can doze."""

    storm: Storm
    counts: Mapping[str, int]
    needs: str = ""
    environment: Env | None = None
    dozing: bool = False


SCENARIOS: Mapping[str, Scenario] = {
    "kill -9 of every role": Scenario(everybody_killed, {"editor": 2, "director": 2}),
    "SIGSTOP past the session": Scenario(stopped_past_the_session, {"editor": 2, "director": 2, "judge": 2}),
    "stalled past the poll interval": Scenario(
        stalled_past_the_poll_interval, {"editor": 2, "director": 2, "judge": 2, "screen": 2}, dozing=True,
        environment={"NHR_KAFKA_POLL_S": str(POLL_S)},
    ),
    "broker restarted": Scenario(broker_restarted, {}, "broker"),
    "leader killed": Scenario(leader_killed, {"director": 2}, "brokers", {"NHR_KAFKA_REPLICAS": "3"}),
    "S3 in trouble": Scenario(store_in_trouble, {}, "proxy"),
    "5 % poison": Scenario(poisoned, {}),
    "editors 1-4-2": Scenario(scaled, {}),
    "jobs lost on their way": Scenario(jobs_lost, {}, environment={"NHR_SWEEP_S": "1"}),
}  # fmt: skip


@contextmanager
def served(scenario: Scenario, shared: Env, folder: Path) -> Iterator[Servers]:
    """The servers of a storm: `shared` ones, but for what it breaks."""
    environment = {**shared, **(scenario.environment or {})}
    match scenario.needs:
        case "broker" | "brokers":
            with kafka.running(folder / "kafka", nodes=1 if scenario.needs == "broker" else 3) as brokers:
                yield Servers({**environment, "NHR_KAFKA": brokers.servers}, brokers=brokers)
        case "proxy":
            with Proxy(shared["NHR_S3"]) as proxy:
                yield Servers({**environment, "NHR_S3": proxy.endpoint}, proxy=proxy)
        case _:
            yield Servers(environment)


def _moments(rng: random.Random, number: int, messages: int) -> list[int]:
    """Ascending counts of messages, from early on to when little is left."""
    return sorted(rng.randrange(messages // 20, messages * 8 // 10) for _ in range(number))


def _reach(rig: Rig, stores: Cluster, moment: int) -> None:
    rig.until(lambda: rig.progress(stores) >= moment, f"{moment} messages")


def _poison(rng: random.Random, topic: topics.Topic) -> Outgoing:
    return Outgoing(topic.name, f"poison-{rng.randrange(1 << 30)}", rng.randbytes(rng.randrange(1, 200)))

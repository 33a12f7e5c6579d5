"""One role of the cluster as a process: its loop over Kafka and S3 until somebody stops it."""

import logging
import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infra import blocklist, campaigns, licences
from infra.admission import Admission
from infra.cluster.beat import Beating
from infra.cluster.state import own_folder
from infra.ledgers.sqlite import SqliteLedgers
from infra.metrics import Metrics
from infra.runtime import autopsy
from infra.runtime.backlog import Backlog
from infra.runtime.clock import SystemClock
from infra.runtime.control import PROMPTER, Control
from infra.runtime.inhand import InHand
from infra.runtime.intake import Intake
from infra.runtime.loop import NOT_JOINED, Loop
from infra.runtime.metered import Metered
from infra.runtime.pictures import Pictures
from infra.runtime.spending import Till
from infra.runtime.tuning import tune
from infra.runtime.worker import Worker
from infra.settings import Settings
from infra.sqlite import Database
from infra.telemetry import figures
from infra.telemetry.billing import bill
from infra.telemetry.build import built
from infra.telemetry.health import Health
from infra.telemetry.learnt import Learnt
from infra.telemetry.machine import Machine
from infra.telemetry.server import served
from infra.wiring import Cluster, Crew, access, cluster, prompters_access
from schemas import metrics, topics
from schemas.errors import NhrError
from schemas.ports import Clock, Handler, Outgoing
from streams import leftout, records
from streams.collector import Collector
from streams.director import Director
from streams.policies import Policies
from streams.rates import by_operation as rates_by_operation
from streams.rates import tell
from streams.recorder import Recorder
from streams.rules.policy import Policy
from streams.sweeper import Sweeper
from workers import roster

if TYPE_CHECKING:
    from streams.app import Brokers

FAULTS = "nhr.faults"
FAUST = "faust"
NOTES = "notes.sqlite"
LOOK_EVERY_S = 0.5

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Equipment:
    """What every role is given; `folder` is this process's own, for notes."""

    folder: Path
    stores: Cluster
    settings: Settings
    meters: Metrics
    clock: Clock
    in_hand: InHand
    control: Control
    till: Till
    stop: threading.Event
    health: Health


@dataclass(frozen=True)
class Job:
    """What a role does: `run` until done or stopped; what is told of it meanwhile; `spends`: it may bill something."""

    run: Callable[[], None]
    model: str = ""
    trouble: Callable[[], str] = lambda: ""
    spends: bool = False


Build = Callable[[Equipment], Job]


def play(role: str, settings: Settings, build: Build, stop: threading.Event) -> None:
    """Play the role until it is done, or `stop` is set and what is in hand is finished; raises what went wrong."""
    tune()
    clock, meters = SystemClock(), Metrics()
    health = Health(clock, stop, settings.busy_s)
    with (
        served(settings.metrics, meters, health, Machine(meters, "state", settings.state).look) as address,
        own_folder(settings.state, role, settings.slot) as folder,
        autopsy.watched(folder / FAULTS) as died,
    ):
        database = Database(folder / NOTES, failed=partial(meters.inc, metrics.STORE_ERRORS, "disk"))
        notes = SqliteLedgers(database, "cursors")
        try:
            with cluster(settings, clock, meters) as stores:
                control = Control(stores.cursors)
                control.look()
                in_hand = InHand(notes, died=died)
                till = Till(stores.cursors, clock, settings.spend_usd_a_day)
                job = build(Equipment(folder, stores, settings, meters, clock, in_hand, control, till, stop, health))

                def each() -> None:
                    if job.spends:
                        till.look()

                beating = Beating(
                    stores.beats, control, meters, clock, role, folder.name.removeprefix(f"{role}-"), job.model,
                    job.trouble, each, address,
                )  # fmt: skip
                built(meters, role, job.model)
                log.info("%s: at work", folder.name)
                each()  # what the day has cost already
                try:
                    with beating.running():
                        job.run()
                finally:
                    with suppress(NhrError):
                        till.tell()
                in_hand.save()
        finally:
            database.close()


def worker(kind: str, text: str, policy: Policy | None = None) -> Build:
    """A worker of `kind` with the plug-in that `text` names; raises `UserError` for a wrong one, or a barred one."""
    crew = Crew({kind: text})
    crew.recipes()
    if policy is not None:
        licences.demand(policy, crew.plugins())

    def build(with_: Equipment) -> Job:
        recipe, plugin = crew.plugin(kind)
        plugin.access = access(with_.settings, with_.stores.blobs)
        pictures = Pictures(with_.stores.blobs, with_.settings.cache_mb << 20)
        till, paused = with_.till, with_.control.of(kind)
        made = Worker(
            roster.KINDS[kind], plugin, recipe, with_.stores.blobs, pictures, with_.clock, with_.meters,
            with_.in_hand, spent=partial(till.add, recipe),
            entitled=licences.Rights(kind, plugin.INFO, Policies(with_.stores.blobs)).check,
            sayable=blocklist.configured(with_.settings).check,
        )  # fmt: skip
        loop = _loop(made, with_, lambda: paused() or till.rests(recipe))
        return Job(loop.run, recipe, lambda: made.trouble or (till.trouble if till.rests(recipe) else ""), spends=True)

    return build


def director(policy: Policy) -> Build:
    """A director, in Faust (decision 0008); `policy` decides over the sources whose ledgers it opens."""

    def build(with_: Equipment) -> Job:
        from streams import app

        stores = with_.stores
        stores.bus.partitions(topics.VERDICTS.name)  # Faust waits without a word for a topic that is not there
        policies = Policies(stores.blobs)
        policies.keep(policy)

        def make(publish: Callable[[Sequence[Outgoing]], None]) -> Handler[Any]:
            learnt = Learnt(with_.meters, policies.known)
            made = Director(stores.ledgers, policies, policy.policy_id, publish, with_.clock, learnt.event)
            return Metered(made, with_.meters, with_.clock)

        agent = app.handler_app(make, _brokers(with_), with_.folder / FAUST, with_.control.of("director"))
        return Job(_faust("director", partial(app.run, agent), with_), f"{policy.name}@{policy.policy_id[:12]}")

    return build


def collector() -> Build:
    """A collector."""

    def build(with_: Equipment) -> Job:
        blobs = with_.stores.blobs
        learnt = Learnt(with_.meters, Policies(blobs).known)
        return Job(_loop(Collector(blobs, with_.clock, learnt.triplet, learnt.shelved), with_).run)

    return build


def recorder() -> Build:
    """A recorder."""

    def build(with_: Equipment) -> Job:
        blobs = with_.stores.blobs
        return Job(_loop(Recorder(blobs, Policies(blobs), with_.settings.record_s), with_).run)

    return build


def rates() -> Build:
    """A counter of what the stages accept, in Faust."""

    def build(with_: Equipment) -> Job:
        from streams import app

        stores = with_.stores
        stores.bus.partitions(topics.VERDICTS.name)
        policies = Policies(stores.blobs)
        counting = app.rates_app(
            policies.known,
            lambda part: tell(stores.cursors, part), _brokers(with_), with_.folder / FAUST, with_.clock,
            f"{socket.gethostname()}/{with_.folder.name}",
        )  # fmt: skip
        return Job(_faust("rates", partial(app.run, counting), with_), "faust")

    return build


def sweeper() -> Build:
    """Who sends again what was lost on its way."""

    def build(with_: Equipment) -> Job:
        stores = with_.stores
        sweeping = Sweeper(stores.ledgers, Policies(stores.blobs))

        def run() -> None:
            pulse = with_.health.pulse("sweeper")
            while not with_.stop.wait(with_.settings.sweep_s):
                lost = list(sweeping.look(stores.bus.offsets()))
                figures.tell_parked(with_.meters, sweeping.parked)
                if lost:
                    stores.bus.publish(lost)
                    with_.meters.inc(metrics.JOBS, "sweeper", "resent", by=len(lost))
                    log.warning("%d jobs had been lost on the way and were sent again", len(lost))
                pulse.turned(with_.settings.sweep_s)

        return Job(run)

    return build


def exporter() -> Build:
    """Who tells what is true of the whole cluster."""

    def build(with_: Equipment) -> Job:
        from infra.telemetry.exporter import Exporter
        from infra.telemetry.looking import Looking

        telling = Exporter(with_.stores, with_.settings, with_.meters, with_.clock)
        looking = Looking(telling.parts(), with_.meters, with_.clock, with_.settings.export_s)
        pulse = with_.health.pulse("exporter")
        return Job(lambda: looking.run(with_.stop, pulse.turned), trouble=lambda: looking.trouble)

    return build


def packer() -> Build:
    """Who packs what is accepted into shards."""

    def build(with_: Equipment) -> Job:
        from infra.packing import Packing
        from streams.packer import Packer

        blobs, settings = with_.stores.blobs, with_.settings
        packing = Packing(blobs, with_.folder, with_.clock, settings.pack_mb)
        return Job(_loop(Packer(blobs, packing.pack, with_.clock, packing.size, settings.pack_s), with_).run)

    return build


@dataclass(frozen=True)
class Intent:
    """What a prompter brings in, and the water marks it keeps to."""

    prompts: str
    campaign: str
    policy: Policy
    scenes: int | None = None
    ahead: int = 256
    open_most: int = 4096


def prompter(intent: Intent) -> Build:
    """The prompter of a campaign; one at a time, for its cursor is saved by compare-and-set."""
    found = roster.prompter(intent.prompts)
    licences.demand(intent.policy, {PROMPTER: found})
    found.intake(intent.campaign, 0)

    def build(with_: Equipment) -> Job:
        stores = with_.stores
        till, paused = with_.till, with_.control.of(PROMPTER)
        found.access = prompters_access(
            with_.settings,
            stores.blobs,
            lambda: rates_by_operation(stores.cursors),
            till,
            partial(bill, with_.meters, PROMPTER, intent.prompts),
        )
        campaign = records.Campaign(
            campaign=intent.campaign, prompts=intent.prompts, policy=intent.policy.name,
            policy_id=intent.policy.policy_id,
        )  # fmt: skip
        for note in campaigns.note(stores.blobs, campaign, intent.policy):
            log.warning("%s", note)
        backlog = Backlog(stores.bus, with_.clock, intent.ahead, stores.ledgers, intent.open_most, LOOK_EVERY_S)
        intake = Intake(
            found, intent.campaign, stores.bus, Pictures(stores.blobs, 0), stores.cursors, with_.stop, backlog,
            intent.scenes, paused=lambda: paused() or till.reached, clock=with_.clock,
            health=with_.health, admit=Admission(blocklist.configured(with_.settings), intent.policy),
            left_out=partial(leftout.keep, stores.blobs, intent.campaign),
        )  # fmt: skip
        return Job(intake.run, intent.prompts, lambda: till.trouble or intake.trouble, spends=True)

    return build


def _brokers(with_: Equipment) -> "Brokers":
    """How Faust reaches Kafka."""
    from infra.bus import kafka_clients as clients
    from streams.app import Brokers

    settings = with_.settings
    return Brokers(
        tuple(clients.servers(settings)), settings.kafka_prefix, settings.kafka_security, settings.kafka_mechanism,
        settings.kafka_user, settings.secret("kafka_password"), settings.kafka_ca, settings.kafka_cert,
        settings.kafka_key, settings.slot, settings.busy_s,
        partial(with_.meters.inc, metrics.STORE_ERRORS, "kafka"),
    )  # fmt: skip


def _loop(handler: Handler[Any], with_: Equipment, paused: Callable[[], bool] | None = None) -> Loop:
    paused = paused or with_.control.of(handler.group)
    return Loop(handler, with_.stores.bus, with_.meters, with_.clock, with_.stop, paused, with_.health)


def _faust(
    name: str, run: Callable[[threading.Event, Callable[[bool], None]], None], with_: Equipment
) -> Callable[[], None]:
    """Runs a Faust app as the whole of a role, and tells that it goes on."""
    pulse = with_.health.pulse(name, NOT_JOINED)

    def turned(joined: bool) -> None:
        pulse.turned()
        if joined:
            pulse.lacks = ""

    return lambda: run(with_.stop, turned)

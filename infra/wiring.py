"""The one place that joins ports to adapters: the stores of a data folder, and the handlers that run over them."""

import fcntl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from infra import blocklist, formats
from infra.blobs.folder import FolderBlobs
from infra.bus import BrowsableBus
from infra.bus.sqlite import SqliteBus
from infra.ledgers.sqlite import SqliteLedgers
from infra.licences import Rights
from infra.metrics import Metrics
from infra.runtime.clock import SystemClock
from infra.runtime.control import PROMPTER
from infra.runtime.inhand import InHand
from infra.runtime.pictures import Pictures
from infra.runtime.spending import Till
from infra.runtime.worker import Worker
from infra.settings import Settings
from infra.sqlite import Database
from schemas import messages as m
from schemas import metrics
from schemas.errors import UserError
from schemas.ports import Blobs, Clock, Handler, Ledgers, Usage
from streams.collector import Collector
from streams.director import Director
from streams.policies import Policies
from streams.recorder import Recorder
from streams.rules.policy import Policy
from workers import chain, roster
from workers.plugin import Access, PlugIn

if TYPE_CHECKING:
    from infra.bus.kafka import KafkaBus
    from infra.ledgers.s3 import S3Ledgers
    from infra.s3 import Client

STREAMS = ("director", "collector", "recorder")
CLUSTER_STREAMS = (*STREAMS, "rates", "sweeper", "exporter")
OPTIONAL_STREAMS = ("packer",)
"""Run where somebody starts them: no topic names their groups, so nothing waits for them or tells their lag."""
DATABASE = "nhr.sqlite"
LOCK = "nhr.lock"
LOCK_TRIES = 10
SERVERS_HINT = "name the servers, or start some: nhr services up"
LOCK_PAUSE_S = 0.02

DEFAULTS: dict[str, Mapping[str, str]] = {
    "grammar": {
        "generator": "simulated", "gate": "simulated", "editor": "simulated", "screen": "pixels,simulated",
        "judge": "simulated", "writer": "simulated",
    },
    "photos": {
        "gate": "pixels", "editor": "classic", "screen": "pixels", "judge": "measured", "writer": "classic",
    },
    "null": dict.fromkeys(roster.KINDS, "null"),
    **{name: {"screen": "pixels"} for name in ("gemini", "openai", "gemini_photos", "openai_photos")},
}  # fmt: skip
"""Plug-ins by prompter, where none are named; prompts from a file are drawn like the grammar's. What a language model
asks for no simulated model knows, so there nearly all must be named."""


@dataclass(frozen=True)
class Stores:
    """Everything that lasts, of one data folder."""

    bus: BrowsableBus
    blobs: Blobs
    ledgers: Ledgers
    cursors: Ledgers


@contextmanager
def embedded(
    out: Path, settings: Settings, clock: Clock | None = None, meters: Metrics | None = None
) -> Iterator[Stores]:
    """The stores of folder `out`, for this process alone; raises `UserError` when another one is at work there."""
    failed = _counted(meters, "disk")
    with _alone(out):
        formats.check(out)
        blobs = FolderBlobs(out, settings.fsync, failed)
        database = Database(out / DATABASE, failed=failed)
        try:
            formats.note(blobs)
            bus = SqliteBus(database, clock or SystemClock(), lease_s=settings.lease_s)
            bus.release_all()  # whoever held them is gone: we hold the lock
            yield Stores(bus, blobs, SqliteLedgers(database), SqliteLedgers(database, "cursors"))
        finally:
            database.close()


@dataclass(frozen=True)
class Cluster(Stores):
    """Everything that lasts, of the cluster; `beats` are what its processes say of themselves."""

    bus: "KafkaBus"
    ledgers: "S3Ledgers"
    beats: Ledgers


@contextmanager
def cluster(settings: Settings, clock: Clock | None = None, meters: Metrics | None = None) -> Iterator[Cluster]:
    """The stores of the cluster that the settings name; raises `UserError` for what is not set, away or not for us."""
    with packages_of_the_cluster():
        from infra.blobs.s3 import S3Blobs
        from infra.bus.kafka import KafkaBus
        from infra.ledgers.s3 import S3Ledgers
    if not settings.kafka:
        raise UserError("NHR_KAFKA is not set", SERVERS_HINT)
    with s3_client(settings, _counted(meters, "s3")) as client:
        bus = KafkaBus(settings, clock or SystemClock(), failed=_counted(meters, "kafka"))
        try:
            ledgers, cursors, beats = (S3Ledgers(client, folder) for folder in ("ledgers", "cursors", "beats"))
            yield Cluster(bus, S3Blobs(client), ledgers, cursors, beats)
        finally:
            bus.close()


@contextmanager
def bucket(settings: Settings) -> Iterator[Blobs]:
    """What the cluster keeps, for readers: no Kafka is needed."""
    with s3_client(settings) as client:
        from infra.blobs.s3 import S3Blobs

        yield S3Blobs(client)


@contextmanager
def s3_client(settings: Settings, failed: Callable[[], None] = lambda: None) -> Iterator["Client"]:
    """A client of the bucket that the settings name; raises `UserError` for what is not set."""
    with packages_of_the_cluster():
        from infra.s3 import Client
    if not settings.s3:
        raise UserError("NHR_S3 is not set", SERVERS_HINT)
    client = Client(settings, failed=failed)
    try:
        yield client
    finally:
        client.close()


def _counted(meters: Metrics | None, store: str) -> Callable[[], None]:
    """Counts what a store did not do."""
    return partial(meters.inc, metrics.STORE_ERRORS, store) if meters else lambda: None


@contextmanager
def packages_of_the_cluster() -> Iterator[None]:
    """Around imports that need the cluster's packages: raises `UserError` where one is not installed."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise UserError(f"package {error.name} is not installed", 'pip install "nhr[cluster]"') from None


@contextmanager
def packages_of_the_dataset() -> Iterator[None]:
    """Around imports that need the data set's packages: raises `UserError` where one is not installed."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise UserError(f"package {error.name} is not installed", 'pip install "nhr[dataset]"') from None


@contextmanager
def _alone(out: Path) -> Iterator[None]:
    """Hold the folder's lock, which the system takes back from a process however it ends."""
    path = out / LOCK
    try:
        file = path.open("a+", encoding="ascii")
    except OSError as error:
        hint = "make the folder writable or give another --out"
        raise UserError(f"{path} cannot be opened ({error.strerror})", hint) from None
    with file:
        try:
            if not _locked(file):
                raise UserError(f"another nhr is mining into {out}", "stop it first, or give another --out")
        except OSError as error:
            raise UserError(f"{path} cannot be locked ({error.strerror})", "use a local disk") from None
        yield


def _locked(file: IO[str]) -> bool:
    """Take the lock; whoever only looks whether it is held (`nhr status`) lets it go in an instant."""
    for _ in range(LOCK_TRIES):
        with suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        time.sleep(LOCK_PAUSE_S)
    return False


@dataclass(frozen=True)
class Crew:
    """Which plug-ins work, under their recipes, and how many of each kind or stream run."""

    texts: Mapping[str, str]
    counts: Mapping[str, int] = field(default_factory=dict)

    def plugin(self, kind: str) -> tuple[str, PlugIn[Any]]:
        """A new instance of the kind's plug-in, and its recipe."""
        text = self.texts[kind]
        if kind == "screen":
            return chain.parse(text)
        plugin = roster.parse(kind, text)
        return roster.recipe(kind, text.partition(":")[0], plugin), plugin

    def recipes(self) -> dict[str, str]:
        """The recipe of each kind."""
        return {kind: self.plugin(kind)[0] for kind in self.texts if kind in roster.KINDS}

    def plugins(self) -> dict[str, PlugIn[Any]]:
        """A new instance of each kind's plug-in."""
        return {kind: self.plugin(kind)[1] for kind in self.texts if kind in roster.KINDS}

    def dear(self) -> bool:
        """Whether any plug-in is dear."""
        return any(plugin.INFO.dear for plugin in self.plugins().values())

    def count(self, name: str) -> int:
        """How many of a kind or stream run."""
        return self.counts.get(name, 1)


def crew(prompter: str, chosen: Mapping[str, str], counts: Mapping[str, int]) -> Crew:
    """The crew for a prompter: the plug-ins chosen, the defaults elsewhere. Checks every name and option."""
    texts = {**DEFAULTS.get(prompter, DEFAULTS["grammar"]), **chosen}
    unknown = sorted(set(counts) - set(roster.KINDS) - set(STREAMS))
    if unknown:
        raise UserError(f"--workers: unknown kind {unknown[0]!r}", f"kinds: {', '.join((*roster.KINDS, *STREAMS))}")
    missing = [f"--{kind}" for kind in roster.KINDS if kind not in texts and not _is_drawn(kind, prompter)]
    if missing:
        raise UserError(f"--prompts {prompter} needs {', '.join(missing)}", "name them (`nhr models`)")
    result = Crew(texts, counts)
    result.recipes()
    return result


def _is_drawn(kind: str, prompter: str) -> bool:
    """Whether that kind is the generator, and pictures are there already."""
    return kind == "generator" and "photos" in prompter


def access(settings: Settings, blobs: Blobs | None) -> Access:
    """What plug-ins are given of the world."""

    def key(service: str) -> str:
        match service:
            case "gemini":
                return settings.secret("gemini_key")
            case "gemini_account":
                return settings.secret("gemini_account")
            case "openai":
                return settings.secret("openai_key")
            case _:
                raise UserError(f"no setting holds a key for {service!r}", "keys: gemini, gemini_account, openai")

    return Access(key, blobs)


def prompters_access(
    settings: Settings, blobs: Blobs, acceptance: Callable[[], Mapping[str, float]], till: Till,
    told: Callable[[Usage], None] = lambda _usage: None,
) -> Access:  # fmt: skip
    """What a prompter is given: also what is accepted of late, and where to say what its items cost.

    `told` hears of it, too.
    """

    def spent(usage: Usage) -> None:
        till.add(PROMPTER, usage.cost_usd)
        told(usage)

    return replace(access(settings, blobs), acceptance=acceptance, spent=spent)


@dataclass(frozen=True)
class Watch:
    """Who is told: each event the director learnt from, each triplet new on the shelf, how long after its prompt."""

    event: Callable[[Any], None]
    triplet: Callable[[m.Triplet], None]
    took: Callable[[float], None] = lambda _seconds: None


def handlers(
    stores: Stores, crew: Crew, policy: Policy, meters: Metrics, clock: Clock, in_hand: InHand, watch: Watch,
    settings: Settings, till: Till,
) -> list[Handler[Any]]:  # fmt: skip
    """Every handler of the embedded pipeline, workers and streams, as many of each as the crew has."""
    policies = Policies(stores.blobs)
    policies.keep(policy)
    pictures = Pictures(stores.blobs, settings.cache_mb << 20)
    sayable = blocklist.configured(settings).check
    made: list[Handler[Any]] = []
    for kind in (roster.KINDS[name] for name in crew.texts if name in roster.KINDS):
        for _ in range(crew.count(kind.name)):
            recipe, plugin = crew.plugin(kind.name)
            plugin.access = access(settings, stores.blobs)
            made.append(
                Worker(
                    kind, plugin, recipe, stores.blobs, pictures, clock, meters, in_hand,
                    spent=partial(till.add, recipe), entitled=Rights(kind.name, plugin.INFO, policies).check,
                    sayable=sayable,
                )
            )  # fmt: skip
    made += [
        Director(stores.ledgers, policies, policy.policy_id, stores.bus.publish, clock, watch.event)
        for _ in range(crew.count("director"))
    ]
    made += [Collector(stores.blobs, clock, watch.triplet, watch.took) for _ in range(crew.count("collector"))]
    made += [Recorder(stores.blobs, policies) for _ in range(crew.count("recorder"))]
    return made

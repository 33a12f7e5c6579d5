"""What is true of the whole cluster, looked at by one process: lag, ledgers, windows, spending, canaries."""

from infra import topics as declared
from infra.cluster.status import lately
from infra.metrics import Metrics
from infra.runtime import control, spending
from infra.settings import Settings
from infra.telemetry import figures, kafka
from infra.telemetry.canaries import Canaries
from infra.telemetry.figures import Behind
from infra.telemetry.looking import Part, Tell
from infra.wiring import Cluster
from schemas import metrics, topics
from schemas.ports import Clock
from streams import rates
from streams.rates import STALE_S, Rates

KEPT_S = {topic.name: declared.kept_s(topic) for topic in topics.ALL}


class Exporter:
    """Looks at the cluster; each part asks Kafka and S3 for each thing once."""

    def __init__(self, stores: Cluster, settings: Settings, meters: Metrics, clock: Clock) -> None:
        self._stores, self._settings, self._meters, self._clock = stores, settings, meters, clock
        self._canaries = Canaries(stores.blobs)

    def parts(self) -> tuple[Part, ...]:
        """All that is told, by what it is asked of."""
        m = metrics
        return (
            Part("queues", self.queues, (m.LAG, m.LAG_SECONDS, m.DONE, m.RETENTION, m.MEMBERS, *kafka.METRICS)),
            Part("stores", self.stores, (m.PAUSED, m.LEDGERS, m.OLDEST, m.SPENT, m.LIMIT)),
            Part("windows", self.windows, (m.ACCEPTANCE, m.SEEN, m.PRICE)),
            Part("canaries", self.canaries, (m.DRIFTED, m.CANARY_AT)),
        )

    def queues(self) -> Tell:
        """Where groups and topics stand."""
        bus = self._stores.bus
        sight = bus.sight()
        groups = [
            Behind(one.group, one.waiting, one.oldest_s, one.done, KEPT_S[one.topic]) for one in bus.states(sight)
        ]

        def tell() -> None:
            figures.tell_groups(self._meters, groups)
            self._meters.replace(metrics.MEMBERS, {(group,): n for group, n in bus.members(sight).items()})
            kafka.tell(self._meters, sight, bus.readers())

        return tell

    def stores(self) -> Tell:
        """What notes and ledgers say."""
        now, cursors = self._clock.now(), self._stores.cursors
        paused, spent = control.paused(cursors), spending.spent(cursors, now)
        opened, oldest = self._stores.ledgers.opened()

        def tell() -> None:
            figures.tell_paused(self._meters, paused)
            figures.tell_ledgers(self._meters, opened, 0.0 if oldest is None else now - oldest)
            figures.tell_spending(self._meters, spent, self._settings.spend_usd_a_day)

        return tell

    def windows(self) -> Tell:
        """What is accepted of late; nothing where nobody counts any more."""
        now = self._clock.now()
        told, triplets = rates.read(self._stores.cursors), lately(self._stores.bus, now)
        if now - told.at > 2 * STALE_S:
            told, triplets = Rates(), {}
        return lambda: figures.tell_windows(self._meters, told, triplets)

    def canaries(self) -> Tell:
        """How the judges are."""
        found = self._canaries.look()
        return lambda: figures.tell_canaries(self._meters, found)

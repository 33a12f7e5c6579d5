"""Kafka and lag: who is behind, by how much, will it catch up, and is anything about to be forgotten."""

from infra.deploy.grafana.asked import latest, none_is_zero, told
from infra.deploy.grafana.board import Band, Board, Row
from infra.deploy.grafana.choices import GROUP, TOPIC
from infra.deploy.grafana.overview import DAY_S
from infra.deploy.grafana.palette import above
from infra.deploy.grafana.panels import (
    COUNT,
    SECONDLY,
    SECONDS,
    SHARE,
    Bars,
    Column,
    Lines,
    Query,
    Stat,
    Table,
)

OF_GROUP = 'group=~"$group"'
OF_TOPIC = 'topic=~"$topic"'
END, FIRST = (told(f"kafka_topic_partition_{which}_offset", OF_TOPIC) for which in ("current", "oldest"))
KEPT = f"sum by (topic) (max by (topic, partition) ({END} - {FIRST}))"
WRITTEN = f"sum by (topic) (max by (topic, partition) (deriv({END}[5m])))"
RETAINED = told("group:nhr_lag_retention:ratio", OF_GROUP)
DONE = told("group:nhr_done_messages:rate5m", OF_GROUP)
GROWS = told("group:nhr_lag_messages:deriv15m", OF_GROUP)
WAITING = told("group:nhr_lag_messages:max", OF_GROUP)
OLDEST = told("group:nhr_lag_seconds:max", OF_GROUP)
PAUSED = told("group:nhr_paused:max", OF_GROUP)
MEMBERS = latest("nhr_group_members", "group", OF_GROUP)
STARVED = f"count(max by (group) ({WAITING}) > 0 and {MEMBERS} == 0)"


def by_group(expr: str) -> str:
    """The same with no label but the group, as rows of a table need it."""
    return f"max by (group) ({expr})"


STATE = Band(4, (
    Stat(
        title="Messages waiting", unit=COUNT,
        tells="What the groups chosen are not done with, all together.",
        bad="A number that grows for hours is a group that is too small: see which one.",
        queries=(Query(f"sum({WAITING})"),),
    ),
    Stat(
        title="Oldest message", unit=SECONDS,
        tells="Age of the oldest message that one of the groups chosen is not done with.",
        bad="If it grows as fast as the clock, that group stands still.",
        queries=(Query(f"max({OLDEST})"),),
    ),
    Stat(
        title="Lag, of what is kept", unit=SHARE, steps=above(0.7, 0.3), trend=False, runbook="nhrlagnearretention",
        tells="Age of the oldest message that waits, of the time that its topic keeps messages.",
        bad="At 100 % messages vanish unread: start more workers of that group long before, or keep the topic longer.",
        queries=(Query(f"max({RETAINED})"),),
    ),
    Stat(
        title="Groups without a member", unit=COUNT, steps=above(1), trend=False,
        tells="Groups that have messages waiting and no process to take them.",
        bad="Start one: `nhr worker KIND`, `nhr stream NAME`; where a scaler goes to zero, it should be about to.",
        queries=(Query(none_is_zero(STARVED)),),
    ),
    Stat(
        title="Groups paused", unit=COUNT, steps=above(99, 1), trend=False,
        tells="Groups that somebody paused.",
        bad="`nhr status` says which and since when; `nhr resume GROUP` lets them go on.",
        queries=(Query(none_is_zero(f"sum({PAUSED})")),),
    ),
    Stat(
        title="Brokers", unit=COUNT, trend=False,
        tells="Brokers that the cluster has now.",
        bad="Fewer than there should be: with one missing writes go on, with two they may wait.",
        queries=(Query(latest("kafka_brokers")),),
    ),
))  # fmt: skip

LAG = (
    Band(8, (
        Lines(
            title="Messages waiting, by group", unit=COUNT,
            tells="What each group is not done with.",
            bad="A queue that grows before one stage alone: start more of its workers, up to its partitions.",
            queries=(Query(WAITING, "{{group}}"),),
        ),
        Lines(
            title="Oldest message, by group", unit=SECONDS, runbook="nhrstagestalled",
            tells="Age of the oldest message each group is not done with.",
            bad="A saw that never comes down is one job that is never done: `nhr status` names what is in hand.",
            queries=(Query(OLDEST, "{{group}}"),),
        ),
    )),
    Band(8, (
        Lines(
            title="Done, by group", unit=SECONDLY,
            tells="Messages a second each group is done with.",
            bad="Zero with messages waiting: no member, paused, or its service is away.",
            queries=(Query(DONE, "{{group}}"),),
        ),
        Lines(
            title="Time to work it off", unit=SECONDS,
            tells="What waits, divided by what is done a second: how long it takes if nothing new comes.",
            bad="More than a few hours before a stage that should keep up: more workers, or fewer prompts.",
            queries=(Query(f"{WAITING} / ({DONE} > 0)", "{{group}}"),),
        ),
        Lines(
            title="Lag, of what is kept, by group", unit=SHARE, steps=above(0.7, 0.3), runbook="nhrlagnearretention",
            tells="Age of the oldest message that waits, of the time that its topic keeps messages.",
            bad="At 100 % messages vanish unread: act at 30 %.",
            queries=(Query(RETAINED, "{{group}}"),),
        ),
    )),
    Band(11, (
        Table(
            title="Groups", by=("group",),
            tells="Every group at one glance, the one with most messages waiting on top.",
            bad="No members with messages waiting is a stage that stands still.",
            columns=(
                Column("waiting", COUNT, by_group(WAITING)),
                Column("oldest", SECONDS, by_group(OLDEST)),
                Column("of what is kept", SHARE, by_group(RETAINED), above(0.7, 0.3)),
                Column("done a second", SECONDLY, by_group(DONE)),
                Column("grows a second", SECONDLY, by_group(GROWS)),
                Column("members", COUNT, MEMBERS),
                Column("paused", COUNT, by_group(PAUSED), above(1)),
            ),
        ),
    )),
)  # fmt: skip

LEDGERS = (
    Band(8, (
        Lines(
            title="Sources undecided", unit=COUNT,
            tells="Ledgers that are open.",
            bad="A number that grows while triplets do not is a stage that holds up all.",
            queries=(Query(latest("nhr_ledgers_open"), "open"),),
        ),
        Lines(
            title="Oldest ledger", unit=SECONDS, steps=above(3 * DAY_S, DAY_S), runbook="nhrledgerold",
            tells="Age of the source that has been undecided longest.",
            bad="The sweeper sends anew what was lost; what it cannot help is parked, or waits for a service.",
            queries=(Query(none_is_zero(latest("nhr_ledger_oldest_seconds")), "oldest"),),
        ),
        Lines(
            title="Requests parked, by stage", unit=COUNT, steps=above(1), runbook="nhrdeadletters",
            tells="Requests that a failed job holds up until it is redriven.",
            bad="`nhr dlq ls` says why; once the cause is mended, `nhr dlq redrive` asks again.",
            queries=(Query(none_is_zero(latest("nhr_requests_parked", "stage")), "{{stage}}"),),
        ),
    )),
)  # fmt: skip

TOPICS = (
    Band(8, (
        Lines(
            title="Written, by topic", unit=SECONDLY,
            tells="Messages a second that come into each topic.",
            bad="A topic that stays empty while the one before it fills: the group between them stands still.",
            queries=(
                Query(WRITTEN, "{{topic}}"),
            ),
        ),
        Bars(
            title="Messages kept, by topic", unit=COUNT,
            tells="Messages that Kafka still has of each topic.",
            bad="Retention deletes by age; when the brokers' disk fills, `nhr topics plan` says what is kept how long.",
            queries=(
                Query(f"sort_desc({KEPT})", "{{topic}}"),
            ),
        ),
    )),
)  # fmt: skip

PARTITIONS = (
    Band(9, (
        Lines(
            title="Lag, by group and topic", unit=COUNT,
            tells="Messages not done, as kafka_exporter names them.",
            bad="A group that is behind on one of its topics only has a slow handler for that one.",
            queries=(
                Query(
                    latest("kafka_consumergroup_lag_sum", "consumergroup, topic", OF_TOPIC),
                    "{{consumergroup}} {{topic}}",
                ),
            ),
        ),
        Lines(
            title="Worst partitions", unit=COUNT,
            tells="The ten partitions with most messages not done.",
            bad="One far above the others of its group: a worker that hangs, or one job that is put off again.",
            queries=(
                Query(
                    f"topk(10, {latest('kafka_consumergroup_lag', 'consumergroup, topic, partition', OF_TOPIC)})",
                    "{{consumergroup}} {{topic}} {{partition}}",
                ),
            ),
        ),
    )),
    Band(9, (
        Table(
            title="Topics", by=("topic",),
            tells="Partitions of each topic: no group has use for more workers than that.",
            bad="`nhr topics plan` shows where a topic differs from what NHR needs; `nhr topics apply` mends it.",
            columns=(
                Column("partitions", COUNT, latest("kafka_topic_partitions", "topic", OF_TOPIC)),
                Column("ever written", COUNT, f"sum by (topic) (max by (topic, partition) ({END}))"),
            ),
        ),
        Table(
            title="Members", by=("consumergroup",),
            tells="Members of each consumer group, as kafka_exporter names them.",
            bad="A number that keeps changing is a group that rebalances: a worker dies again and again.",
            columns=(
                Column("members", COUNT, latest("kafka_consumergroup_members", "consumergroup")),
                Column(
                    "done", COUNT,
                    "sum by (consumergroup)"
                    f" ({latest('kafka_consumergroup_current_offset_sum', 'consumergroup, topic', OF_TOPIC)})",
                ),
            ),
        ),
    )),
)  # fmt: skip

BOARD = Board(
    "nhr-kafka",
    "Who is behind and by how much, will they catch up, and is anything about to be forgotten.",
    (STATE,),
    (
        Row("Lag", LAG),
        Row("Ledgers", LEDGERS),
        Row("What comes in", TOPICS),
        Row("Partitions and members", PARTITIONS, collapsed=True),
    ),
    (GROUP, TOPIC),
)

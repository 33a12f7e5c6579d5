"""Overview: is it mining, how well, at what cost; what a person sees first, at night and each morning."""

from infra.deploy.grafana.asked import FIRING, SURVIVAL, constant, latest, none_is_zero, survival, told
from infra.deploy.grafana.board import Band, Board, Row
from infra.deploy.grafana.choices import WINDOW
from infra.deploy.grafana.palette import BAD, GOOD, Step, above, below
from infra.deploy.grafana.panels import (
    BYTES,
    COUNT,
    DOLLARS,
    DOLLARS_HOURLY,
    HOURLY,
    MINUTELY,
    SECONDS,
    SHARE,
    Bars,
    Column,
    Lines,
    Query,
    Stat,
    Table,
)  # fmt: skip
from streams.paper import EDITS_PER_TRIPLET

DAY_S = 86_400
FREE, TOTAL = (told("nhr_disk_bytes", f'state="{state}"') for state in ("free", "total"))
FREE_SHARE = f"min by (folder) ({FREE} / on (instance, folder) {TOTAL})"
IN_A_DAY = f"min by (folder) (predict_linear({FREE}[6h], 24 * 3600))"
LIMIT = f"({latest('nhr_spend_limit_usd')} > 0)"


def of_past(stages: str) -> str:
    """What stages accepted in half an hour, of what they would have by their last day: what the alert compares, too."""
    where = f'stage=~"{stages}"'
    accepted, expected = (told(f"stage:nhr_funnel_{word}:increase30m", where) for word in ("accepted", "expected"))
    return f"{accepted} / {expected}"


STATE = Band(5, (
    Stat(
        title="Alerts firing", unit=COUNT, steps=above(1), trend=False,
        tells="How many alerts fire now, those that page and those that can wait.",
        bad="Read them in the table below; each has its section in the runbook.",
        queries=(Query(none_is_zero(f"count({FIRING})")),),
    ),
    Stat(
        title="Triplets an hour", unit=HOURLY, steps=(Step(None, BAD), Step(0.01, GOOD)), more="nhr-funnel",
        tells="Triplets that are new on the shelf, at the pace of the last five minutes.",
        bad="At zero, see which group has the oldest message, and whether anything is left to mine.",
        queries=(Query(f"{told('job:nhr_triplets:rate5m')} * 3600"),),
    ),
    Stat(
        title="Acceptance against its past", unit=SHARE, steps=below(0.5, 0.75), more="nhr-funnel",
        runbook="nhracceptancecollapsed", empty="no past yet",
        tells="What the judge accepted in half an hour, of what it would have by its last day: 100 % is as ever.",
        bad="A fall means that a model, a prompt or the judge changed: see by operation, style and model which.",
        queries=(Query(of_past("judge")),),
    ),
    Stat(
        title="Cost of a triplet", unit=DOLLARS,
        tells="US dollars billed for each triplet that was released, in the window chosen.",
        bad="When it rises, less is accepted or a model's answers are longer: compare the two below.",
        queries=(Query(latest("nhr_triplet_cost_usd", where='window="$window"')),),
    ),
    Stat(
        title="Oldest message", unit=SECONDS, more="nhr-kafka",
        tells="Age of the oldest message that the slowest group is not done with.",
        bad="If it only grows, that group stands still or is too small: see below which it is.",
        queries=(Query(f"max({told('group:nhr_lag_seconds:max')})"),),
    ),
    Stat(
        title="Oldest ledger", unit=SECONDS, steps=above(3 * DAY_S, DAY_S), more="nhr-kafka", runbook="nhrledgerold",
        tells="Age of the source that has been undecided longest.",
        bad="Past a day, a job of it was lost, is parked, or waits for a service: its stage shows as lag or as parked.",
        queries=(Query(none_is_zero(latest("nhr_ledger_oldest_seconds"))),),
    ),
))  # fmt: skip

TROUBLE = Band(4, (
    Stat(
        title="Processes away", unit=COUNT, steps=above(1), trend=False, more="nhr-workers", runbook="nhrtargetdown",
        tells="Processes that Prometheus knows of and cannot reach.",
        bad="Look which they are and at the end of their logs; what they held is done by others.",
        queries=(Query(none_is_zero(f"count({told('up')} == 0)")),),
    ),
    Stat(
        title="Breakers open", unit=COUNT, steps=above(1), trend=False, more="nhr-workers", runbook="nhrbreakeropen",
        tells="Workers that wait for a service that is away; no job of theirs is lost.",
        bad="Bring the service back; they notice by themselves.",
        queries=(Query(none_is_zero(f"sum({told('group:nhr_breakers_open:sum')})")),),
    ),
    Stat(
        title="Dead letters", unit=COUNT, steps=above(1), trend=False, more="nhr-workers", runbook="nhrdeadletters",
        tells="Messages that were put aside in the last half hour.",
        bad="`nhr dlq ls` says why; once the cause is mended, `nhr dlq redrive` asks again.",
        queries=(Query(none_is_zero(f"sum({told('group:nhr_dead_letters:increase30m')})")),),
    ),
    Stat(
        title="Requests parked", unit=COUNT, steps=above(1), trend=False, more="nhr-kafka", runbook="nhrdeadletters",
        tells="Requests that a failed job holds up until it is redriven.",
        bad="`nhr dlq ls` says why; once the cause is mended, `nhr dlq redrive` asks again.",
        queries=(Query(none_is_zero(f"sum({latest('nhr_requests_parked', 'stage')})")),),
    ),
    Stat(
        title="Lag, of what is kept", unit=SHARE, steps=above(0.7, 0.3), trend=False, more="nhr-kafka",
        runbook="nhrlagnearretention",
        tells="Age of the oldest message that waits, of the time that its topic keeps messages.",
        bad="At 100 % messages vanish unread: start more workers of that group long before, or keep the topic longer.",
        queries=(Query(f"max({told('group:nhr_lag_retention:ratio')})"),),
    ),
    Stat(
        title="Spent today, of the limit", unit=SHARE, steps=above(1, 0.8), trend=False, empty="no limit",
        runbook="nhrspendnearlimit",
        tells="What was billed since 00:00 UTC, of the dollars a day from which whatever bills rests.",
        bad="At 100 % mining rests until midnight UTC: raise NHR_SPEND_USD_A_DAY, or find out what costs so much.",
        queries=(Query(told("job:nhr_spent_today:ratio")),),
    ),
    Stat(
        title="Disk free", unit=SHARE, steps=below(0.1, 0.3), trend=False, more="nhr-workers", runbook="nhrdiskfull",
        tells="What is free of the fullest disk that a process writes to.",
        bad="`nhr gc` frees what no one needs again; when no disk is left, work waits and nothing is lost.",
        queries=(Query(f"min({FREE_SHARE})"),),
    ),
    Stat(
        title="Judges drifted", unit=COUNT, steps=above(1), trend=False, more="nhr-funnel", runbook="nhrcanarydrifted",
        tells="Judges whose scores of the canary's known pictures have moved.",
        bad="Do not trust what they accept: `nhr canary` says by how much, `nhr redecide` what other bars would give.",
        queries=(Query(none_is_zero(f"sum({latest('nhr_canary_drifted', 'model')})")),),
    ),
))  # fmt: skip

ALERTS = Band(7, (
    Table(
        title="Alerts that fire", by=("alertname", "severity", "group", "stage"),
        tells="Every alert that fires now, with what it is about; no data means that none does.",
        bad="Those that page first; the Runbook dashboard has a section for each.",
        columns=(Column("firing", COUNT, f"count by (alertname, severity, group, stage) ({FIRING})"),),
    ),
    Lines(
        title="Alerts over time", unit=COUNT, stacked=True,
        tells="How many of each alert fired, and when.",
        bad="What fired first is most often the cause, the rest follow from it.",
        queries=(Query(none_is_zero(f"count by (alertname) ({FIRING})"), "{{alertname}}"),),
    ),
))  # fmt: skip

MINING = (
    Band(8, (
        Lines(
            title="Triplets an hour, by kind", unit=HOURLY, stacked=True, more="nhr-funnel",
            tells="New on the shelf: edits that were asked for, their inverses, and composites of two.",
            bad="Forward ones alone mean that the writer, or the judge of its texts, stands still.",
            queries=(Query(f"{told('kind:nhr_triplets:rate5m')} * 3600", "{{kind}}"),),
        ),
        Lines(
            title="Words of each stage", unit=MINUTELY, more="nhr-workers",
            tells="What each stage said about pictures and texts, whatever it said.",
            bad="The first stage that falls to zero is where to look: its workers, its service, or what feeds it.",
            queries=(Query(f"sum by (stage) (rate({told('nhr_funnel_total')}[5m])) * 60", "{{stage}}"),),
        ),
    )),
    Band(8, (
        Lines(
            title="Messages waiting", unit=COUNT, more="nhr-kafka",
            tells="What each group is not done with yet.",
            bad="A queue before a stage is a stage that is too small; prompts may queue, that is their place.",
            queries=(Query(told("group:nhr_lag_messages:max"), "{{group}}"),),
        ),
        Lines(
            title="Oldest message, by group", unit=SECONDS, more="nhr-kafka", runbook="nhrstagestalled",
            tells="Age of the oldest message each group is not done with.",
            bad="A straight rise is a group that stands still: it has no workers, is paused, or waits for a service.",
            queries=(Query(told("group:nhr_lag_seconds:max"), "{{group}}"),),
        ),
    )),
)  # fmt: skip

WELL = (
    Band(8, (
        Bars(
            title="Accepted over the time shown", unit=SHARE, most=1, more="nhr-funnel",
            tells="The share that gate, screen and judge accepted, each beside the paper's.",
            bad="The stage that differs most is the one to look at, by operation, style and model.",
            queries=tuple(
                query
                for stage, share in SURVIVAL.items()
                for query in (Query(survival(stage), stage), Query(constant(share), f"{stage}, paper"))
            ),
        ),
        Lines(
            title="Accepted share, by stage", unit=SHARE, most=1, more="nhr-funnel",
            tells="What gate, screen and judge accept in six hours; dashed: what they do in the paper.",
            bad="A stage that drifts from its own past matters more than its distance from the paper's.",
            queries=(
                Query(told("stage:nhr_funnel_acceptance:ratio6h", 'stage=~"gate|screen|judge"'), "{{stage}}"),
                *(Query(constant(share), f"{stage}, paper") for stage, share in SURVIVAL.items()),
            ),
        ),
        Lines(
            title="Acceptance against its past, by stage", unit=SHARE, steps=below(0.5, 0.75), more="nhr-funnel",
            runbook="nhracceptancecollapsed",
            tells="What half an hour accepted, of what the stage would have by its last day: 100 % is as ever.",
            bad="Below half for longer than a batch of prompts explains, something changed: see by whom and for what.",
            queries=(Query(of_past(".+"), "{{stage}}"),),
        ),
    )),
)  # fmt: skip

COST = (
    Band(8, (
        Lines(
            title="Dollars an hour", unit=DOLLARS_HOURLY, stacked=True, more="nhr-workers",
            tells="What answers were billed, by model, at the pace of the last hour.",
            bad="A rise without more triplets is a model that answers longer, or retries that are paid for.",
            queries=(Query(f"{told('model:nhr_cost_usd:rate1h')} * 3600", "{{model}}"),),
        ),
        Lines(
            title="Cost of a triplet, by window", unit=DOLLARS,
            tells="US dollars billed for each released triplet, quick and steady.",
            bad="When the quick one stays above the steady one, look at acceptance first, then at tokens.",
            queries=(Query(latest("nhr_triplet_cost_usd", "window"), "{{window}}"),),
        ),
        Lines(
            title="Edits for a triplet", unit=COUNT, more="nhr-funnel",
            tells="Edits made in an hour for each triplet new on the shelf in it; dashed: in the paper.",
            bad="More edits cost GPU time even where nothing is billed: look at acceptance, then at the policy.",
            queries=(
                Query(told("job:nhr_edits_per_triplet:ratio1h"), "here"),
                Query(constant(EDITS_PER_TRIPLET), "paper"),
            ),
        ),
        Lines(
            title="Spent since midnight UTC", unit=DOLLARS, runbook="nhrspendnearlimit",
            tells="What all processes were billed today, and the limit where one is set.",
            bad="A slope that meets the limit before midnight means that mining will rest until then.",
            queries=(Query(latest("nhr_spent_today_usd"), "spent"), Query(LIMIT, "limit")),
        ),
    )),
)  # fmt: skip

TIME = (
    Band(8, (
        Lines(
            title="From prompt to shelf", unit=SECONDS,
            tells="How long a triplet took from its prompt to the shelf: half of them less, and 95 % of them less.",
            bad="It is made of waiting: the group with the oldest message is the one that delays all.",
            queries=tuple(Query(told(f"job:nhr_prompt_to_shelf_seconds:{p}_1h"), p) for p in ("p50", "p95")),
        ),
        Lines(
            title="Sources undecided", unit=COUNT, more="nhr-kafka",
            tells="Ledgers that are open: sources of which something is still to be made or judged.",
            bad="A number that grows while triplets do not is a stage that holds up all: see the oldest message.",
            queries=(Query(latest("nhr_ledgers_open"), "open"),),
        ),
    )),
)  # fmt: skip

STORES = (
    Band(8, (
        Lines(
            title="Requests to stores that failed", unit=COUNT, steps=above(10), runbook="nhrstoreerrors",
            tells="Requests to Kafka, S3 and disk in ten minutes that failed; they are asked again.",
            bad="A few are nothing; many are a store in trouble, and everything slows down with it.",
            queries=(Query(none_is_zero(told("store:nhr_store_errors:increase10m")), "{{store}}"),),
        ),
        Lines(
            title="Disk free, and in a day", unit=BYTES, signed=True, runbook="nhrdiskfull",
            tells="Bytes free under each folder, and what will be if it goes on as in the last six hours.",
            bad="Below zero, the disk is full within a day: `nhr gc`, a larger disk, or shorter retention.",
            queries=(
                Query(f"min by (folder) ({FREE})", "{{folder}}"),
                Query(IN_A_DAY, "{{folder}} in a day"),
            ),
        ),
    )),
)  # fmt: skip

BOARD = Board(
    "nhr-overview",
    "Is it mining, how well, at what cost: the state now, then how it came to be.",
    (STATE, TROUBLE),
    (
        Row("Alerts", (ALERTS,)),
        Row("Is it mining?", MINING),
        Row("How well?", WELL),
        Row("At what cost?", COST),
        Row("How long does it take?", TIME),
        Row("Stores and disks", STORES, collapsed=True),
    ),
    (WINDOW,),
)

"""Workers and GPUs: does every process work, is the dear part busy, and what is in its way."""

from infra.deploy.grafana.asked import OVER as PACE
from infra.deploy.grafana.asked import buckets, each, none_is_zero, told
from infra.deploy.grafana.board import Band, Board, Row
from infra.deploy.grafana.choices import GROUP, OVER, ROLE
from infra.deploy.grafana.palette import above, below
from infra.deploy.grafana.panels import (
    BYTES,
    COUNT,
    DOLLARS_HOURLY,
    MINUTELY,
    SECONDLY,
    SECONDS,
    SHARE,
    Bars,
    Column,
    Heat,
    Lines,
    Query,
    Stat,
    Table,
)

OF_ROLE = 'role=~"$role"'
OF_GROUP = 'group=~"$group"'
OF_BOTH = f"{OF_GROUP}, {OF_ROLE}"
FREE, TOTAL = (told("nhr_disk_bytes", f'state="{state}", {OF_ROLE}') for state in ("free", "total"))
OPEN_FILES = f"{told('process_open_fds', OF_ROLE)} / {told('process_max_fds', OF_ROLE)}"
STARTED = told("process_start_time_seconds", OF_ROLE)
UP_FOR = f"{told('nhr_build_info', OF_ROLE)} * on (instance) group_left () (time() - {STARTED})"


def busy(by: str) -> str:
    """The share of its time that the stepping thread worked; the rest it waited for a batch."""
    work, wait = (each(f"nhr_step_{what}_seconds_total", by, OF_BOTH) for what in ("busy", "starved"))
    return f"{work} / ({work} + {wait})"


def quantiles(rule: str) -> tuple[Query, ...]:
    """Half and 95 % of what a rule records, by group."""
    return tuple(Query(told(f"group:{rule}:{p}_5m", OF_GROUP), f"{{{{group}}}} {p}") for p in ("p50", "p95"))


STATE = Band(4, (
    Stat(
        title="Processes at work", unit=COUNT, trend=False,
        tells="Processes that Prometheus reaches, of the roles chosen.",
        bad="Fewer than were started: see the table of processes at the end, and their logs.",
        queries=(Query(f"sum({told('up', OF_ROLE)})"),),
    ),
    Stat(
        title="Processes away", unit=COUNT, steps=above(1), trend=False, runbook="nhrtargetdown",
        tells="Processes that Prometheus knows of and cannot reach.",
        bad="Look at the end of their logs; what they held is done by others.",
        queries=(Query(none_is_zero(f"count({told('up', OF_ROLE)} == 0)")),),
    ),
    Stat(
        title="Restarts", unit=COUNT, steps=above(4, 1), trend=False, runbook="nhrrestarting",
        tells="How often a process at an address was replaced by a new one, during the time shown.",
        bad="A process that dies again and again says why at the end of its log; a job that kills three is put aside.",
        queries=(Query(none_is_zero(f"sum(changes({STARTED}[$__range]))")),),
    ),
    Stat(
        title="Least busy group", unit=SHARE, trend=False,
        tells="Of the groups chosen, the one whose model waits most for work.",
        bad="A GPU that waits is money that waits: what feeds that group is too slow, or it has too many workers.",
        queries=(Query(f"min({told('group:nhr_step_busy:ratio5m', OF_GROUP)})"),),
    ),
    Stat(
        title="Breakers open", unit=COUNT, steps=above(1), trend=False, runbook="nhrbreakeropen",
        tells="Workers that wait for a service that is away; no job of theirs is lost.",
        bad="Bring the service back; they notice by themselves.",
        queries=(Query(none_is_zero(f"sum({told('group:nhr_breakers_open:sum', OF_GROUP)})")),),
    ),
    Stat(
        title="Dead letters", unit=COUNT, steps=above(1), trend=False, runbook="nhrdeadletters",
        tells="Messages that were put aside in the last half hour.",
        bad="`nhr dlq ls` says why; once the cause is mended, `nhr dlq redrive` asks again.",
        queries=(Query(none_is_zero(f"sum({told('group:nhr_dead_letters:increase30m', OF_GROUP)})")),),
    ),
))  # fmt: skip

THREADS = (
    Band(8, (
        Lines(
            title="Model busy, by group", unit=SHARE, most=1, runbook="nhrmodelstarving",
            tells="Share of its time that the thread with the model works; the rest it waits for a batch.",
            bad="Low with a queue before it: the store is slow with pictures. Low without one: too many workers.",
            queries=(Query(told("group:nhr_step_busy:ratio5m", OF_GROUP), "{{group}}"),),
        ),
        Lines(
            title="Model busy, by process", unit=SHARE, most=1,
            tells="The same of each process.",
            bad="One that idles while its group is busy has no partitions, or a store that answers it slowly.",
            queries=(Query(busy("group, instance"), "{{group}} {{instance}}"),),
        ),
    )),
    Band(8, (
        Lines(
            title="Jobs, by group", unit=SECONDLY, runbook="nhrstagestalled",
            tells="Jobs a second that each group is done with, however they ended.",
            bad="Zero with a queue before it: paused (`nhr status`), a breaker, or no process of that group.",
            queries=(Query(told("group:nhr_jobs:rate5m", OF_GROUP), "{{group}}"),),
        ),
        Lines(
            title="Jobs, by outcome", unit=SECONDLY, stacked=True,
            tells="Answered anew, answered before (standing), sent on again (resent), rejected, failed.",
            bad="Many standing ones follow a restart and cost nothing; rejected and failed ones are dead letters.",
            queries=(Query(f"sum by (outcome) ({told('group_outcome:nhr_jobs:rate5m', OF_GROUP)})", "{{outcome}}"),),
        ),
    )),
)  # fmt: skip

TIMES = (
    Band(8, (
        Lines(
            title="A step of the model", unit=SECONDS,
            tells="Wall seconds of a batch in the model: half take less, and 95 % take less.",
            bad="A rise is a slower model, a larger batch or picture, or a GPU that is shared or throttled.",
            queries=quantiles("nhr_step_seconds"),
        ),
        Lines(
            title="Wait in the queue", unit=SECONDS,
            tells="From publishing a message to taking it: half wait less, and 95 % wait less.",
            bad="A group whose messages wait long needs more workers, unless it is meant to have a queue.",
            queries=quantiles("nhr_queue_wait_seconds"),
        ),
        Lines(
            title="Messages in a batch", unit=COUNT,
            tells="How many messages a step takes together, on average.",
            bad="Far below the model's batch, with a queue before it: pictures are fetched too slowly to fill it.",
            queries=(Query(told("group:nhr_batch_size:avg5m", OF_GROUP), "{{group}}"),),
        ),
    )),
    Band(8, (
        Heat(
            title="Steps of the model, spread", unit=SECONDS,
            tells="How long the steps of the chosen groups took.",
            bad="Two bands in one group are two kinds of machines, or two sizes of pictures.",
            queries=(Query(buckets("nhr_step_seconds", OF_BOTH), "{{le}}"),),
        ),
        Heat(
            title="Waits in the queue, spread", unit=SECONDS,
            tells="How long messages of the chosen groups waited.",
            bad="A band that climbs is a queue that grows; a second one far above is what was redelivered.",
            queries=(Query(buckets("nhr_queue_wait_seconds", OF_BOTH), "{{le}}"),),
        ),
    )),
)  # fmt: skip

GPUS = (
    Band(8, (
        Lines(
            title="GPU busy", unit=SHARE, most=1,
            tells="Share of the last look's time in which each GPU worked.",
            bad="Low while the model is busy: it is held up by the CPU, or by pictures on their way to the GPU.",
            queries=(Query(told("nhr_gpu_busy_ratio", OF_ROLE), "{{instance}} GPU {{gpu}}"),),
        ),
        Lines(
            title="GPU memory", unit=BYTES,
            tells="What is used of each GPU's memory, and all there is.",
            bad="Close to the total, a larger picture ends the process: a smaller batch, or a model that is offloaded.",
            queries=(Query(told("nhr_gpu_memory_bytes", OF_ROLE), "{{instance}} GPU {{gpu}} {{state}}"),),
        ),
    )),
)  # fmt: skip

PAID = (
    Band(8, (
        Lines(
            title="Tokens, by model", unit=MINUTELY,
            tells="Tokens that served models were sent and wrote.",
            bad="More tokens out for the same jobs is a model that explains itself: look at its prompt.",
            queries=(
                Query(f"{each('nhr_tokens_total', 'model, direction', OF_BOTH)} * 60", "{{model}}, {{direction}}"),
            ),
        ),
        Lines(
            title="Dollars an hour, by model", unit=DOLLARS_HOURLY, stacked=True, more="nhr-overview",
            tells="What answers were billed, at the pace of the last hour.",
            bad="NHR_SPEND_USD_A_DAY bounds a day; batches of Gemini cost half (`batch=true`).",
            queries=(Query(f"{told('model:nhr_cost_usd:rate1h')} * 3600", "{{model}}"),),
        ),
        Lines(
            title="Jobs that a service works at", unit=COUNT,
            tells="Jobs that were handed to a service which answers hours later (batches).",
            bad="Quiet by intent; if it never falls, look at the batches in the service's own console.",
            queries=(Query(told("group:nhr_jobs_pending:sum", OF_GROUP), "{{group}}"),),
        ),
    )),
)  # fmt: skip

WRONG = (
    Band(8, (
        Lines(
            title="Retries", unit=MINUTELY,
            tells="Jobs asked again because a service was busy or away.",
            bad="A steady share is a quota that is too small for so many workers; all of them, a service that is down.",
            queries=(Query(none_is_zero(f"{told('group:nhr_retries:rate5m', OF_GROUP)} * 60"), "{{group}}"),),
        ),
        Lines(
            title="Breakers open, by group", unit=COUNT, steps=above(1), runbook="nhrbreakeropen",
            tells="Workers that wait for a service that is away, one probe at a time.",
            bad="Bring the service back; nothing else is to be done, and nothing is lost.",
            queries=(Query(none_is_zero(told("group:nhr_breakers_open:sum", OF_GROUP)), "{{group}}"),),
        ),
        Lines(
            title="Dead letters, by error", unit=MINUTELY, runbook="nhrdeadletters",
            tells="Messages that were put aside, by group and error.",
            bad="`nhr dlq ls` has each with its origin; once the cause is mended, `nhr dlq redrive`.",
            queries=(
                Query(
                    none_is_zero(f"{each('nhr_dead_letters_total', 'group, error', OF_BOTH)} * 60"),
                    "{{group}}: {{error}}",
                ),
            ),
        ),
    )),
)  # fmt: skip

PROCESSES = (
    Band(8, (
        Lines(
            title="CPU", unit=COUNT,
            tells="CPU cores that each process uses.",
            bad="A worker of a served model that uses a whole core decodes pictures: give its machine more cores.",
            queries=(Query(f"rate({told('process_cpu_seconds_total', OF_ROLE)}[{PACE}])", "{{role}} {{instance}}"),),
        ),
        Lines(
            title="Memory", unit=BYTES,
            tells="Resident memory of each process.",
            bad="One that only grows will be killed: what it held is done again by others; report it.",
            queries=(Query(told("process_resident_memory_bytes", OF_ROLE), "{{role}} {{instance}}"),),
        ),
        Lines(
            title="Open files, of those allowed", unit=SHARE, most=1, steps=above(0.9, 0.7),
            tells="Files and connections each process has open, of what the system grants it.",
            bad="Near 100 % every request fails: raise the limit, and report what leaks.",
            queries=(Query(OPEN_FILES, "{{role}} {{instance}}"),),
        ),
    )),
    Band(9, (
        Table(
            title="Processes", by=("role", "model", "version", "instance"),
            tells="Every process, what it runs, in which version, and how long it has been up.",
            bad="Two versions at once are fine while one replaces the other, not for days.",
            columns=(
                Column("up for", SECONDS, f"max by (role, model, version, instance) ({UP_FOR})"),
            ),
        ),
        Bars(
            title="Disk free", unit=SHARE, most=1, steps=below(0.1, 0.3), runbook="nhrdiskfull",
            tells="What is free of the disk under each folder.",
            bad="`nhr gc` frees what no one needs again; when no disk is left, work waits and nothing is lost.",
            queries=(Query(f"min by (folder) ({FREE} / on (instance, folder) {TOTAL})", "{{folder}}"),),
        ),
    )),
)  # fmt: skip

BOARD = Board(
    "nhr-workers",
    "Does every process work, is the dear part of it busy, and what is in its way.",
    (STATE,),
    (
        Row("Is the model busy?", THREADS),
        Row("How long does it take?", TIMES),
        Row("GPUs", GPUS),
        Row("What is in the way?", WRONG),
        Row("What is paid for", PAID, collapsed=True),
        Row("Processes and disks", PROCESSES, collapsed=True),
    ),
    (ROLE, GROUP, OVER),
)

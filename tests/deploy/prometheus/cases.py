"""What happens to a pipeline, and which alerts are to tell of it: all that fire, word for word."""

from dataclasses import dataclass

from tests.deploy.prometheus.pipelines import (
    DAY_S, GROUPS, RETENTION_S, always, counted, disk, exported, grows, healthy, merged, nothing, of, queue, then,
    words,
)  # fmt: skip
from tests.deploy.prometheus.rulebook import Firing, Series

H = 60
"""Minutes."""


@dataclass(frozen=True)
class Case:
    """Series, the minute at which one looks, and all alerts that fire then."""

    name: str
    series: Series
    after: int
    firing: tuple[Firing, ...] = ()


def _fires(name: str, series: Series, after: int, alert: str, severity: str, says: str, **labels: str) -> Case:
    kept = {"job": "nhr", **{label: value for label, value in labels.items() if value}}
    return Case(name, merged(healthy(), series), after, (Firing(alert, severity, kept, says),))


def _quiet(name: str, series: Series, after: int) -> Case:
    return Case(name, merged(healthy(), series), after)


STUCK = queue("editor", waiting=always(40), oldest=grows(60), done=then((grows(60), 120), (always(7140), 400)))
"""The editor stops after two hours."""
BROKEN = {counted("nhr_breakers_open", "judge"): then((always(0), 120), (always(1), 400))}
JUDGE_STUCK = queue("judge", waiting=always(40), oldest=grows(60), done=then((grows(60), 120), (always(7140), 400)))
HARSH = words("judge", then((grows(18), 2 * H), (grows(1, 2160), 200)), grows(40))
STARVED = merged(
    {
        counted("nhr_step_busy_seconds_total", "editor"): then((grows(54), 120), (grows(3, 6500), 400)),
        counted("nhr_step_starved_seconds_total", "editor"): then((grows(6), 120), (grows(57, 720), 400)),
    },
    queue(
        "editor", waiting=then((always(5), 120), (always(90), 400)), oldest=then((always(3), 120), (always(700), 400))
    ),
)

FIRING: tuple[Case, ...] = (
    _fires(
        "a judge turned harsh", HARSH, 2 * H + 45, "NhrAcceptanceCollapsed", "page",
        "judge accepted 2.439% of what it saw in the last 30 minutes, less than half of the share of its last day: what is "
        "mined meanwhile is paid for and thrown away.", stage="judge",
    ),
    _fires(
        "everything is rejected", words("screen", then((grows(42), 2 * H), (always(5040), 200)), grows(58)), 2 * H + 45,
        "NhrAcceptanceCollapsed", "page",
        "screen accepted 0% of what it saw in the last 30 minutes, less than half of the share of its last day: what is "
        "mined meanwhile is paid for and thrown away.", stage="screen",
    ),
    _fires(
        "a judge drifted", {exported("nhr_canary_drifted", model="measured"): then((always(0), 60), (always(1), 60))}, 90,
        "NhrCanaryDrifted", "ticket",
        "measured no longer scores the labelled set as it did: what it accepts now is not what it accepted.",
        model="measured",
    ),
    _fires(
        "nobody showed the canary", {exported("nhr_canary_timestamp_seconds", model="gemini"): always(-2 * DAY_S)}, 120,
        "NhrCanaryNotShown", "ticket",
        "gemini was shown the labelled set 2d 2h 0m 0s ago: nobody would notice if it had drifted.", model="gemini",
    ),
    _fires(
        "the editor hangs", STUCK, 145, "NhrStageStalled", "page",
        "40 messages or more have waited for editor for 15 minutes in which it finished none. It is not paused, and no "
        "service it asks is known to be away.", group="editor",
    ),
    _fires(
        "a stage has no workers although messages wait",
        merged({of("up", role="editor", instance="editor-0"): then((always(1), 118), (nothing(1), 1))}, STUCK), 145,
        "NhrStageStalled", "page",
        "40 messages or more have waited for editor for 15 minutes in which it finished none. It is not paused, and no "
        "service it asks is known to be away.", group="editor",
    ),
    _fires(
        "pictures come too slowly for the editor", STARVED, 150, "NhrModelStarving", "ticket",
        "The models of editor stood idle for 95% of the last 15 minutes while messages waited for more than a minute: what "
        "they need is fetched or handed out too slowly.", group="editor",
    ),
    _fires(
        "a service is away", merged(BROKEN, JUDGE_STUCK), 135, "NhrBreakerOpen", "ticket",
        "1 workers of judge have waited for a service for 10 minutes. Nothing is lost: they ask again until it is back.",
        group="judge",
    ),
    Case(
        "a service is away for long", merged(healthy(), BROKEN, JUDGE_STUCK), 170,
        (
            Firing(
                "NhrBreakerOpen", "ticket", {"job": "nhr", "group": "judge"},
                "1 workers of judge have waited for a service for 10 minutes. Nothing is lost: they ask again until it is "
                "back.",
            ),
            Firing(
                "NhrBreakerOpen", "page", {"job": "nhr", "group": "judge"},
                "1 workers of judge have waited for a service for 30 minutes, and the stage finished nothing meanwhile. "
                "Nothing is lost, but nothing is mined either.",
            ),
        ),
    ),
    _fires(
        "poison", {counted("nhr_dead_letters_total", "gate", error="Undecodable"): nothing(120) + " " + grows(3, 3)}, 150,
        "NhrDeadLetters", "ticket",
        "gate put 5% of its messages of the last 30 minutes aside as dead letters.", group="gate",
    ),
    _fires(
        "all dead letters at once",
        {counted("nhr_dead_letters_total", "gate", error="Undecodable"): nothing(120) + " " + always(36)}, 140,
        "NhrDeadLetters", "ticket",
        "gate put 2% of its messages of the last 30 minutes aside as dead letters.", group="gate",
    ),
    _fires(
        "a model that fails at a third", {counted("nhr_dead_letters_total", "editor", error="ValueError"): grows(20)}, 120,
        "NhrDeadLetters", "page",
        "editor put 33.33% of its messages of the last 30 minutes aside as dead letters. A failed edit costs an attempt; "
        "all others hold up what comes after them.", group="editor",
    ),
    _fires(
        "messages grow old", queue("collector", oldest=always(0.4 * RETENTION_S)), 60, "NhrLagNearRetention", "ticket",
        "The oldest message that collector is not done with is 40% as old as messages of its topic get before Kafka forgets "
        "them.", group="collector",
    ),
    _fires(
        "messages are about to be forgotten, though somebody paused the stage",
        queue("collector", oldest=always(0.8 * RETENTION_S), done=always(9), paused=always(1)), 60,
        "NhrLagNearRetention", "page",
        "The oldest message that collector is not done with is 80% as old as messages of its topic get before Kafka forgets "
        "them.", group="collector",
    ),
    _fires(
        "a source stays open", {exported("nhr_ledger_oldest_seconds"): grows(60, 4 * DAY_S)}, 120, "NhrLedgerOld", "ticket",
        "The oldest source that is not decided was begun 4d 2h 0m 0s ago: a request of it is parked, or something about it "
        "was lost.",
    ),
    _fires(
        "the day becomes dear", {exported("nhr_spent_today_usd"): always(17)}, 60, "NhrSpendNearLimit", "ticket",
        "85% of what a day may cost (NHR_SPEND_USD_A_DAY) is spent; at 100 % all that bills rests until 00:00 UTC.",
    ),
    _fires(
        "the day is dear enough, so all that bills rests",
        merged(STUCK, {exported("nhr_spent_today_usd"): always(20.5)}), 145, "NhrSpendNearLimit", "page",
        "102.5% of what a day may cost (NHR_SPEND_USD_A_DAY) is spent: nothing new is taken in before 00:00 UTC.",
    ),
    _fires(
        "S3 in trouble", {of("nhr_store_errors_total", role="editor", instance="editor-0", store="s3"): grows(4)}, 60,
        "NhrStoreErrors", "ticket",
        "40 requests to s3 failed in the last 10 minutes. They are tried again, and the pipeline waits meanwhile.",
        store="s3",
    ),
    _fires(
        "a disk that refuses",
        {of("nhr_store_errors_total", role="mine", instance="mine-0", store="disk"): grows(0.5)}, 60,
        "NhrStoreErrors", "ticket",
        "5 requests to disk failed in the last 10 minutes. They are tried again, and the pipeline waits meanwhile.",
        store="disk",
    ),
    _fires(
        "a disk fills", {disk("free"): grows(-0.1e9, 150e9)}, 4 * H, "NhrDiskFull", "ticket",
        "The disk under /data of recorder recorder-0 will have -16.76GiB free in 24 hours if it goes on as in the last 6.",
        role="recorder", instance="recorder-0", folder="/data", state="free",
    ),
    Case(
        "a disk fills fast", merged(healthy(), {disk("free"): grows(-0.3e9, 120e9)}), 3 * H,
        (
            Firing(
                "NhrDiskFull", "ticket",
                {"job": "nhr", "role": "recorder", "instance": "recorder-0", "folder": "/data", "state": "free"},
                "The disk under /data of recorder recorder-0 will have -340.9GiB free in 24 hours if it goes on as in the "
                "last 6.",
            ),
            Firing(
                "NhrDiskFull", "page",
                {"job": "nhr", "role": "recorder", "instance": "recorder-0", "folder": "/data", "state": "free"},
                "The disk under /data of recorder recorder-0 will have -5.588GiB free in 4 hours if it goes on as in the "
                "last one.",
            ),
        ),
    ),
    _fires(
        "a process that ends again and again",
        {of("process_start_time_seconds", role="editor", instance="editor-0"): grows(5)}, 90, "NhrRestarting", "ticket",
        "editor editor-0 was started 60 times in the last hour.", role="editor", instance="editor-0",
    ),
    _fires(
        "one of two editors is gone",
        {of("up", role="editor", instance="editor-1"): then((always(1), 60), (always(0), 60))}, 75,
        "NhrTargetDown", "ticket",
        "editor editor-1 has told no metrics for 10 minutes; others of its role do.", role="editor", instance="editor-1",
    ),
    _fires(
        "every director is gone",
        {of("up", role="director", instance="director-0"): then((always(1), 60), (always(0), 60))}, 75,
        "NhrTargetDown", "page",
        "No director has told metrics for 10 minutes: its part of the pipeline stands still.", role="director",
    ),
    Case(
        "no exporter", {of("up", role="editor", instance="editor-0"): always(1)}, 15,
        (
            Firing(
                "NhrExporterAbsent", "page", {"job": "nhr"},
                "No process has told of lag, ledgers and spending for 10 minutes: the alerts on them are blind.",
            ),
        ),
    ),
    Case(
        "nothing at all is to be found", {}, 15,
        (
            Firing(
                "NhrExporterAbsent", "page", {"job": "nhr"},
                "No process has told of lag, ledgers and spending for 10 minutes: the alerts on them are blind.",
            ),
        ),
    ),
)  # fmt: skip

IDLE = merged(*(queue(group, waiting=always(0), oldest=always(0), done=always(500)) for group in GROUPS))
STILL = merged(*(words(stage, always(900), always(900)) for stage in ("gate", "screen", "judge", "inverse")))
BEGUN = {name: nothing(30) + " " + values for name, values in healthy().items()}
LOADING = queue("editor", waiting=nothing(30) + " " + grows(10), oldest=nothing(30) + " " + grows(60),
                done=nothing(30) + " " + always(0))  # fmt: skip

QUIET: tuple[Case, ...] = (
    Case("a healthy pipeline", healthy(), 3 * H),
    Case("a pipeline just started", merged(BEGUN, LOADING), 46),
    Case("a pipeline just started, in the first minutes", merged(BEGUN, LOADING), 33),
    _quiet("idle: no prompts", merged(IDLE, STILL), 3 * H),
    _quiet("paused", merged(STUCK, queue("editor", waiting=always(40), oldest=grows(60), done=always(7), paused=always(1))), 3 * H),
    _quiet(
        "let go on a moment ago",
        queue("editor", waiting=always(40), oldest=grows(60), done=always(7), paused=then((always(1), 120), (always(0), 60))),
        130,
    ),
    _quiet("drained: the prompter and the stage are paused, nothing waits", merged(IDLE, STILL, queue("editor", waiting=always(0), done=always(7), paused=always(1))), 3 * H),
    _quiet(
        "scaled to zero: no target, nothing waits",
        {of("up", role="editor", instance="editor-0"): then((always(1), 60), (nothing(1), 1)), **queue("editor", waiting=always(0), oldest=always(0), done=always(7))},
        3 * H,
    ),
    _quiet("a stage that is simply slower than the others", queue("editor", waiting=grows(5), oldest=grows(20), done=grows(0.1)), 2 * H),
    _quiet("a service works at jobs for hours", merged(JUDGE_STUCK, {counted("nhr_jobs_pending", "judge"): always(64)}), 2 * H),
    _quiet("a service was away for a moment", {counted("nhr_breakers_open", "judge"): then((always(0), 60), (always(1), 5), (always(0), 60))}, 66),
    _quiet("acceptance moves a little", words("judge", then((grows(18), 2 * H), (grows(12, 2160), 200)), grows(36)), 2 * H + 45),
    _quiet("a rare stage has a dry half hour", words("composite", then((grows(0.9), 2 * H), (always(108), 200)), grows(0.1)), 2 * H + 45),
    _quiet("a stage of which hardly anything is known yet", words("judge", nothing(60) + " " + then((grows(1), 60), (always(60), 200)), nothing(60) + " " + grows(9)), 2 * H + 45),
    _quiet("a model that idles because little is to be done", merged(STARVED, queue("editor")), 150),
    _quiet("a model that idles because a service refuses", merged(STARVED, {counted("nhr_retries_total", "editor"): grows(5)}), 150),
    _quiet(
        "a model that works at one batch for 20 minutes",
        merged(
            STARVED,
            {
                counted("nhr_step_busy_seconds_total", "editor"): " ".join(f"{1200 * (at // 20)}" for at in range(200)),
                counted("nhr_step_starved_seconds_total", "editor"): grows(0.02),
            },
        ),
        155,
    ),
    _quiet("single dead letters", {counted("nhr_dead_letters_total", "judge", error="Reject"): grows(0.2)}, 2 * H),
    _quiet("four dead letters of a stage that does little", merged(queue("writer", done=grows(1)), {counted("nhr_dead_letters_total", "writer", error="Reject"): nothing(100) + " " + then((always(1), 5), (always(4), 60))}), 130),
    Case(
        "dead letters from before Prometheus was there",
        merged(
            {name: values for name, values in BEGUN.items()},
            {counted("nhr_dead_letters_total", "gate", error="Undecodable"): nothing(30) + " " + always(900)},
        ),
        45,
    ),
    _quiet("a topic that is kept for ever", queue("generator", waiting=grows(5), oldest=grows(60, 900 * DAY_S)), 2 * H),
    _quiet("a source stays open because somebody holds a stage up", merged(queue("judge", waiting=always(9), oldest=always(5 * DAY_S), done=always(9), paused=always(1)), {exported("nhr_ledger_oldest_seconds"): always(5 * DAY_S)}), 2 * H),
    _quiet("no limit on what a day costs", {exported("nhr_spend_limit_usd"): always(0), exported("nhr_spent_today_usd"): always(900)}, 60),
    _quiet("the canary was shown this morning", {exported("nhr_canary_timestamp_seconds", model="gemini"): always(-DAY_S)}, 120),
    _quiet("a judge that was given up", {exported("nhr_canary_timestamp_seconds", model="gemini"): always(-20 * DAY_S)}, 120),
    _quiet("a disk fills at the start of a run", {disk("free"): nothing(120) + " " + grows(-5e9, 290e9), disk("total"): nothing(120) + " " + always(1000e9)}, 165),
    _quiet("a small disk that stays as it is", {disk("free"): always(5e9), disk("total"): always(100e9)}, 3 * H),
    _quiet("a new version was rolled out", {of("process_start_time_seconds", role="editor", instance="editor-0"): then((always(0), 60), (always(3600), 60))}, 75),
    _quiet("a process that is started again", {of("up", role="director", instance="director-0"): then((always(1), 60), (always(0), 5), (always(1), 60))}, 70),
    _quiet("the exporter is replaced", {exported("nhr_done_messages", "editor"): then((grows(60), 60), (nothing(1), 1)), of("nhr_done_messages", "editor", role="exporter", instance="exporter-1"): nothing(65) + " " + grows(60, 3900)}, 70),
)  # fmt: skip

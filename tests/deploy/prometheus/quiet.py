"""Cases in which no alert may fire, though it might look like it: false alarms."""

from tests.deploy.prometheus.cases import JUDGE_STUCK, STARVED, STUCK, Case, H, quiet
from tests.deploy.prometheus.pipelines import (
    DAY_S,
    GROUPS,
    always,
    counted,
    disk,
    exported,
    grows,
    healthy,
    merged,
    nothing,
    of,
    queue,
    then,
    words,
)

IDLE = merged(*(queue(group, waiting=always(0), oldest=always(0), done=always(500)) for group in GROUPS))
STILL = merged(*(words(stage, always(900), always(900)) for stage in ("gate", "screen", "judge", "inverse")))
BEGUN = {name: nothing(30) + " " + values for name, values in healthy().items()}
LOADING = queue(
    "editor",
    waiting=nothing(30) + " " + grows(10),
    oldest=nothing(30) + " " + grows(60),
    done=nothing(30) + " " + always(0),
)

QUIET: tuple[Case, ...] = (
    Case("a healthy pipeline", healthy(), 3 * H),
    Case("a pipeline just started", merged(BEGUN, LOADING), 46),
    Case("a pipeline just started, in the first minutes", merged(BEGUN, LOADING), 33),
    quiet("idle: no prompts", merged(IDLE, STILL), 3 * H),
    quiet(
        "paused",
        merged(STUCK, queue("editor", waiting=always(40), oldest=grows(60), done=always(7), paused=always(1))),
        3 * H,
    ),
    quiet(
        "let go on a moment ago",
        queue(
            "editor",
            waiting=always(40),
            oldest=grows(60),
            done=always(7),
            paused=then((always(1), 120), (always(0), 60)),
        ),
        130,
    ),
    quiet(
        "drained: the prompter and the stage are paused, nothing waits",
        merged(IDLE, STILL, queue("editor", waiting=always(0), done=always(7), paused=always(1))),
        3 * H,
    ),
    quiet(
        "scaled to zero: no target, nothing waits",
        {
            of("up", role="editor", instance="editor-0"): then((always(1), 60), (nothing(1), 1)),
            **queue("editor", waiting=always(0), oldest=always(0), done=always(7)),
        },
        3 * H,
    ),
    quiet(
        "a stage that is simply slower than the others",
        queue("editor", waiting=grows(5), oldest=grows(20), done=grows(0.1)),
        2 * H,
    ),
    quiet(
        "a service works at jobs for hours",
        merged(JUDGE_STUCK, {counted("nhr_jobs_pending", "judge"): always(64)}),
        2 * H,
    ),
    quiet(
        "a service was away for a moment",
        {counted("nhr_breakers_open", "judge"): then((always(0), 60), (always(1), 5), (always(0), 60))},
        66,
    ),
    quiet(
        "acceptance moves a little",
        words("judge", then((grows(18), 2 * H), (grows(12, 2160), 200)), grows(36)),
        2 * H + 45,
    ),
    quiet(
        "a rare stage has a dry half hour",
        words("composite", then((grows(0.9), 2 * H), (always(108), 200)), grows(0.1)),
        2 * H + 45,
    ),
    quiet(
        "a stage of which hardly anything is known yet",
        words("judge", nothing(60) + " " + then((grows(1), 60), (always(60), 200)), nothing(60) + " " + grows(9)),
        2 * H + 45,
    ),
    quiet("a model that idles because little is to be done", merged(STARVED, queue("editor")), 150),
    quiet(
        "a model that idles because a service refuses",
        merged(STARVED, {counted("nhr_retries_total", "editor"): grows(5)}),
        150,
    ),
    quiet(
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
    quiet("single dead letters", {counted("nhr_dead_letters_total", "judge", error="Reject"): grows(0.2)}, 2 * H),
    quiet(
        "four dead letters of a stage that does little",
        merged(
            queue("writer", done=grows(1)),
            {
                counted("nhr_dead_letters_total", "writer", error="Reject"): nothing(100)
                + " "
                + then((always(1), 5), (always(4), 60))
            },
        ),
        130,
    ),
    Case(
        "dead letters from before Prometheus was there",
        merged(
            BEGUN,
            {counted("nhr_dead_letters_total", "gate", error="Undecodable"): nothing(30) + " " + always(900)},
        ),
        45,
    ),
    quiet("a topic that is kept for ever", queue("generator", waiting=grows(5), oldest=grows(60, 900 * DAY_S)), 2 * H),
    quiet(
        "a source stays open because somebody holds a stage up",
        merged(
            queue("judge", waiting=always(9), oldest=always(5 * DAY_S), done=always(9), paused=always(1)),
            {exported("nhr_ledger_oldest_seconds"): always(5 * DAY_S)},
        ),
        2 * H,
    ),
    quiet(
        "no limit on what a day costs",
        {exported("nhr_spend_limit_usd"): always(0), exported("nhr_spent_today_usd"): always(900)},
        60,
    ),
    quiet(
        "the canary was shown this morning",
        {exported("nhr_canary_timestamp_seconds", model="gemini"): always(-DAY_S)},
        120,
    ),
    quiet(
        "a judge that was given up",
        {exported("nhr_canary_timestamp_seconds", model="gemini"): always(-20 * DAY_S)},
        120,
    ),
    quiet(
        "a disk fills at the start of a run",
        {disk("free"): nothing(120) + " " + grows(-5e9, 290e9), disk("total"): nothing(120) + " " + always(1000e9)},
        165,
    ),
    quiet("a small disk that stays as it is", {disk("free"): always(5e9), disk("total"): always(100e9)}, 3 * H),
    quiet(
        "a new version was rolled out",
        {
            of("process_start_time_seconds", role="editor", instance="editor-0"): then(
                (always(0), 60), (always(3600), 60)
            )
        },
        75,
    ),
    quiet(
        "a process that is started again",
        {of("up", role="director", instance="director-0"): then((always(1), 60), (always(0), 5), (always(1), 60))},
        70,
    ),
    quiet(
        "the exporter is replaced",
        {
            exported("nhr_done_messages", "editor"): then((grows(60), 60), (nothing(1), 1)),
            of("nhr_done_messages", "editor", role="exporter", instance="exporter-1"): nothing(65)
            + " "
            + grows(60, 3900),
        },
        70,
    ),
)

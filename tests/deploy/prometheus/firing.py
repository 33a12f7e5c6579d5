"""Cases in which alerts are to fire: all of them, word for word."""

from tests.deploy.prometheus.cases import BROKEN, HARSH, JUDGE_STUCK, STARVED, STUCK, Case, H, fires
from tests.deploy.prometheus.pipelines import (
    DAY_S,
    RETENTION_S,
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
from tests.deploy.prometheus.rulebook import Firing

FIRING: tuple[Case, ...] = (
    fires(
        "a judge turned harsh",
        HARSH,
        2 * H + 45,
        "NhrAcceptanceCollapsed",
        "page",
        "judge accepted 2.439% of what it saw in the last 30 minutes, less than half of the share of its last day: "
        "what is mined meanwhile is paid for and thrown away.",
        stage="judge",
    ),
    fires(
        "everything is rejected",
        words("screen", then((grows(42), 2 * H), (always(5040), 200)), grows(58)),
        2 * H + 45,
        "NhrAcceptanceCollapsed",
        "page",
        "screen accepted 0% of what it saw in the last 30 minutes, less than half of the share of its last day: what "
        "is mined meanwhile is paid for and thrown away.",
        stage="screen",
    ),
    fires(
        "a judge drifted",
        {exported("nhr_canary_drifted", model="measured"): then((always(0), 60), (always(1), 60))},
        90,
        "NhrCanaryDrifted",
        "ticket",
        "measured no longer scores the labelled set as it did: what it accepts now is not what it accepted.",
        model="measured",
    ),
    fires(
        "nobody showed the canary",
        {exported("nhr_canary_timestamp_seconds", model="gemini"): always(-2 * DAY_S)},
        120,
        "NhrCanaryNotShown",
        "ticket",
        "gemini was shown the labelled set 2d 2h 0m 0s ago: nobody would notice if it had drifted.",
        model="gemini",
    ),
    fires(
        "the editor hangs",
        STUCK,
        145,
        "NhrStageStalled",
        "page",
        "40 messages or more have waited for editor for 15 minutes in which it finished none. It is not paused, and no "
        "service it asks is known to be away.",
        group="editor",
    ),
    fires(
        "a stage has no workers although messages wait",
        merged({of("up", role="editor", instance="editor-0"): then((always(1), 118), (nothing(1), 1))}, STUCK),
        145,
        "NhrStageStalled",
        "page",
        "40 messages or more have waited for editor for 15 minutes in which it finished none. It is not paused, and no "
        "service it asks is known to be away.",
        group="editor",
    ),
    fires(
        "pictures come too slowly for the editor",
        STARVED,
        150,
        "NhrModelStarving",
        "ticket",
        "The models of editor stood idle for 95% of the last 15 minutes while messages waited for more than a minute: "
        "what they need is fetched or handed out too slowly.",
        group="editor",
    ),
    fires(
        "a service is away",
        merged(BROKEN, JUDGE_STUCK),
        135,
        "NhrBreakerOpen",
        "ticket",
        "judge has waited for a service for 10 minutes (1 of its workers). Nothing is lost: it asks again until the "
        "service is back.",
        group="judge",
    ),
    Case(
        "a service is away for long",
        merged(healthy(), BROKEN, JUDGE_STUCK),
        170,
        (
            Firing(
                "NhrBreakerOpen",
                "ticket",
                {"job": "nhr", "group": "judge"},
                "judge has waited for a service for 10 minutes (1 of its workers). Nothing is lost: it asks again "
                "until the service is back.",
            ),
            Firing(
                "NhrBreakerOpen",
                "page",
                {"job": "nhr", "group": "judge"},
                "judge has waited for a service for 30 minutes (1 of its workers) and finished nothing meanwhile. "
                "Nothing is lost, but nothing is mined either.",
            ),
        ),
    ),
    fires(
        "poison",
        {counted("nhr_dead_letters_total", "gate", error="Undecodable"): nothing(120) + " " + grows(3, 3)},
        150,
        "NhrDeadLetters",
        "ticket",
        "gate put 5% of its messages of the last 30 minutes aside as dead letters.",
        group="gate",
    ),
    fires(
        "all dead letters at once",
        {counted("nhr_dead_letters_total", "gate", error="Undecodable"): nothing(120) + " " + always(36)},
        140,
        "NhrDeadLetters",
        "ticket",
        "gate put 2% of its messages of the last 30 minutes aside as dead letters.",
        group="gate",
    ),
    fires(
        "a model that fails at a third",
        {counted("nhr_dead_letters_total", "editor", error="ValueError"): grows(20)},
        120,
        "NhrDeadLetters",
        "page",
        "editor put 33.33% of its messages of the last 30 minutes aside as dead letters. A failed edit costs an "
        "attempt; all others hold up what comes after them.",
        group="editor",
    ),
    fires(
        "messages grow old",
        queue("collector", oldest=always(0.4 * RETENTION_S)),
        60,
        "NhrLagNearRetention",
        "ticket",
        "The oldest message that collector is not done with is 40% as old as messages of its topic get before Kafka "
        "forgets them.",
        group="collector",
    ),
    fires(
        "messages are about to be forgotten, though somebody paused the stage",
        queue("collector", oldest=always(0.8 * RETENTION_S), done=always(9), paused=always(1)),
        60,
        "NhrLagNearRetention",
        "page",
        "The oldest message that collector is not done with is 80% as old as messages of its topic get before Kafka "
        "forgets them.",
        group="collector",
    ),
    fires(
        "a source stays open",
        {exported("nhr_ledger_oldest_seconds"): grows(60, 4 * DAY_S)},
        120,
        "NhrLedgerOld",
        "ticket",
        "The oldest source that is not decided was begun 4d 2h 0m 0s ago: a request of it is parked, or something "
        "about it was lost.",
    ),
    fires(
        "the day becomes dear",
        {exported("nhr_spent_today_usd"): always(17)},
        60,
        "NhrSpendNearLimit",
        "ticket",
        "85% of what a day may cost (NHR_SPEND_USD_A_DAY) is spent; at 100 % all that bills rests until 00:00 UTC.",
    ),
    fires(
        "the day is dear enough, so all that bills rests",
        merged(STUCK, {exported("nhr_spent_today_usd"): always(20.5)}),
        145,
        "NhrSpendNearLimit",
        "page",
        "102.5% of what a day may cost (NHR_SPEND_USD_A_DAY) is spent: nothing new is taken in before 00:00 UTC.",
    ),
    fires(
        "S3 in trouble",
        {of("nhr_store_errors_total", role="editor", instance="editor-0", store="s3"): grows(4)},
        60,
        "NhrStoreErrors",
        "ticket",
        "40 requests to s3 failed in the last 10 minutes. They are tried again, and the pipeline waits meanwhile.",
        store="s3",
    ),
    fires(
        "a disk that refuses",
        {of("nhr_store_errors_total", role="mine", instance="mine-0", store="disk"): grows(0.5)},
        60,
        "NhrStoreErrors",
        "ticket",
        "5 requests to disk failed in the last 10 minutes. They are tried again, and the pipeline waits meanwhile.",
        store="disk",
    ),
    fires(
        "a disk fills",
        {disk("free"): grows(-0.1e9, 150e9)},
        4 * H,
        "NhrDiskFull",
        "ticket",
        "The disk under /data of recorder recorder-0 will have -16.76GiB free in 24 hours if it goes on as in the last "
        "6.",
        role="recorder",
        instance="recorder-0",
        folder="/data",
        state="free",
    ),
    Case(
        "a disk fills fast",
        merged(healthy(), {disk("free"): grows(-0.3e9, 120e9)}),
        3 * H,
        (
            Firing(
                "NhrDiskFull",
                "ticket",
                {"job": "nhr", "role": "recorder", "instance": "recorder-0", "folder": "/data", "state": "free"},
                "The disk under /data of recorder recorder-0 will have -340.9GiB free in 24 hours if it goes on as in "
                "the last 6.",
            ),
            Firing(
                "NhrDiskFull",
                "page",
                {"job": "nhr", "role": "recorder", "instance": "recorder-0", "folder": "/data", "state": "free"},
                "The disk under /data of recorder recorder-0 will have -5.588GiB free in 4 hours if it goes on as in "
                "the last one.",
            ),
        ),
    ),
    fires(
        "a process that ends again and again",
        {of("process_start_time_seconds", role="editor", instance="editor-0"): grows(5)},
        90,
        "NhrRestarting",
        "ticket",
        "editor editor-0 was started 60 times in the last hour.",
        role="editor",
        instance="editor-0",
    ),
    fires(
        "one of two editors is gone",
        {of("up", role="editor", instance="editor-1"): then((always(1), 60), (always(0), 60))},
        75,
        "NhrTargetDown",
        "ticket",
        "editor editor-1 has told no metrics for 10 minutes; others of its role do.",
        role="editor",
        instance="editor-1",
    ),
    fires(
        "every director is gone",
        {of("up", role="director", instance="director-0"): then((always(1), 60), (always(0), 60))},
        75,
        "NhrTargetDown",
        "page",
        "No director has told metrics for 10 minutes: its part of the pipeline stands still.",
        role="director",
    ),
    Case(
        "no exporter",
        {of("up", role="editor", instance="editor-0"): always(1)},
        15,
        (
            Firing(
                "NhrExporterAbsent",
                "page",
                {"job": "nhr"},
                "No process has told of lag, ledgers and spending for 10 minutes: the alerts on them are blind.",
            ),
        ),
    ),
    Case(
        "nothing at all is to be found",
        {},
        15,
        (
            Firing(
                "NhrExporterAbsent",
                "page",
                {"job": "nhr"},
                "No process has told of lag, ledgers and spending for 10 minutes: the alerts on them are blind.",
            ),
        ),
    ),
)

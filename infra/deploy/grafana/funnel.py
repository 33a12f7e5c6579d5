"""Funnel and quality: what each stage accepts, by operation, style and model, beside the paper's run."""

from infra.deploy.grafana.asked import (
    EFFORT,
    SAID,
    SURVIVAL,
    acceptance,
    buckets,
    constant,
    each,
    grown,
    latest,
    mean,
    median,
    none_is_zero,
    survival,
    told,
    window,
)
from infra.deploy.grafana.board import Band, Board, Row
from infra.deploy.grafana.choices import OPERATION_GROUP, OVER, STAGE, WINDOW
from infra.deploy.grafana.palette import above, below
from infra.deploy.grafana.panels import (
    COUNT,
    HOURLY,
    MINUTELY,
    SECONDS,
    SHARE,
    Bars,
    Column,
    Heat,
    Lines,
    Query,
    Table,
)
from streams.paper import HARD_BAR

CHOSEN = 'operation_group=~"$operation_group"'
OF_STAGE = f'stage="$stage", {CHOSEN}'

REJECTED = grown("nhr_funnel_total", "stage, reason", f'outcome="rejected", {CHOSEN}')
FAILED = f'outcome="failed", {CHOSEN}'
FAILURES = f"{each('nhr_funnel_total', 'stage, reason', FAILED)} * 60"
FORWARD = 'kind="forward"'
GROUP_SHARE = told("stage_operation_group:nhr_funnel_acceptance:ratio6h", OF_STAGE)
MOST_SEEN = (
    f"{acceptance('$stage', 'operation')}"
    f" and topk(10, {latest('nhr_acceptance_seen', 'name', window('$window', '$stage', 'operation'))})"
)


def effort(stage: str) -> str:
    """What that stage saw for each triplet on the shelf, over the time shown."""
    seen = grown("nhr_funnel_total", where=f'stage="{stage}", {SAID}')
    return f"{seen} / {grown('nhr_triplets_total')}"


PAPER = (
    Band(9, (
        Bars(
            title="Accepted share beside the paper", unit=SHARE, most=1,
            tells="What gate, screen and judge accepted over the time shown, and what they do in the paper.",
            bad="Far above the paper a stage is too lenient; far below, its model or bars do not fit the pictures.",
            queries=tuple(
                query
                for stage, share in SURVIVAL.items()
                for query in (
                    Query(survival(stage, "" if stage == "gate" else CHOSEN), stage),
                    Query(constant(share), f"{stage}, paper"),
                )
            ),
        ),
        Bars(
            title="Spent on a triplet beside the paper", unit=COUNT,
            tells="Sources, edits and calls of the judge for each triplet on the shelf, over the time shown.",
            bad="Many more edits than the paper's: try another policy, which `nhr redecide` does for nothing.",
            queries=tuple(
                query
                for stage, (what, paper) in EFFORT.items()
                for query in (Query(effort(stage), what), Query(constant(paper), f"{what}, paper"))
            ),
        ),
        Bars(
            title="Why it was rejected", unit=COUNT,
            tells="The ten reasons that cost most over the time shown: the stage, and the bar that was missed.",
            bad="One that outgrows the others names what to mend: a prompt, a model, or a bar.",
            queries=(Query(f"sort_desc(topk(10, {REJECTED}))", "{{stage}}: {{reason}}"),),
        ),
    )),
)  # fmt: skip

FLOW = (
    Band(8, (
        Lines(
            title="Words by outcome, at the chosen stage", unit=MINUTELY, stacked=True,
            tells="What the stage accepted, rejected and failed at, in the operation groups chosen.",
            bad="Failed ones are dead letters: `nhr dlq ls` says why.",
            queries=(Query(f"{each('nhr_funnel_total', 'outcome', OF_STAGE)} * 60", "{{outcome}}"),),
        ),
        Lines(
            title="Triplets an hour, by operation group", unit=HOURLY, stacked=True,
            tells="What is new on the shelf, by what was edited.",
            bad="A group that fades is asked for less by the prompter, or its edits stopped passing: see its share.",
            queries=(
                Query(f"{each('nhr_triplets_total', 'operation_group', CHOSEN)} * 3600", "{{operation_group}}"),
            ),
        ),
    )),
    Band(8, (
        Lines(
            title="Accepted share, by operation group", unit=SHARE, most=1, runbook="nhracceptancecollapsed",
            tells="Of what the chosen stage saw in six hours.",
            bad="One group that falls is a kind of edit the editor lost; if all fall, a changed judge or source.",
            queries=(Query(GROUP_SHARE, "{{operation_group}}"),),
        ),
        Lines(
            title="Failures, by stage and reason", unit=MINUTELY, runbook="nhrdeadletters",
            tells="Jobs that got no answer but a failure; each holds up its request.",
            bad="`nhr dlq ls` has every one of them with its error; once mended, `nhr dlq redrive`.",
            queries=(Query(none_is_zero(FAILURES), "{{stage}}: {{reason}}"),),
        ),
    )),
)  # fmt: skip


def ranked(by: str, bad: str) -> Table:
    """What the chosen stage saw and accepted in the chosen window, by the names of a dimension."""
    quick, steady = (latest("nhr_acceptance_ratio", "name", window(length, "$stage", by)) for length in ("10m", "6h"))
    return Table(
        title=f"By {by}", by=("name",), bad=bad,
        tells=f"What the chosen stage saw in the window, the share accepted, and ten minutes' of six hours', by {by}.",
        columns=(
            Column("seen", COUNT, latest("nhr_acceptance_seen", "name", window("$window", "$stage", by))),
            Column("accepted", SHARE, acceptance("$stage", by)),
            Column("of its past", SHARE, f"{quick} / {steady}", below(0.5, 0.75)),
        ),
    )  # fmt: skip


RANKED = (
    Band(11, (
        ranked("operation", "Operations that hardly pass cost most edits: ask for fewer, or try another editor."),
        ranked("style", "A style that is rejected throughout is one that the generator or the editor cannot draw."),
        ranked("model", "Two models at one stage that differ widely: the worse one spends the other's work."),
    )),
    Band(8, (
        Lines(
            title="Accepted share, by operation", unit=SHARE, most=1,
            tells="The ten operations that the chosen stage saw most of, in the chosen window.",
            bad="Compare with the same operation's past, not with another operation's.",
            queries=(Query(MOST_SEEN, "{{name}}"),),
        ),
        Lines(
            title="Accepted share, by model", unit=SHARE, most=1,
            tells="What each model at the chosen stage accepts; of editors, see the judge's share by operation.",
            bad="A step on the day of an update is the update: `nhr canary` shows the judge known pictures.",
            queries=(Query(acceptance("$stage", "model"), "{{name}}"),),
        ),
    )),
)  # fmt: skip

SCORES = (
    Band(9, tuple(
        Heat(
            title=f"Scores of {score}", unit=COUNT,
            tells=f"How the judge's scores of {score} for forward edits are spread, 1 to 5.",
            bad="A band that moves as a whole is the judge, not the edits: run `nhr canary`.",
            queries=(Query(buckets("nhr_judge_score", f'{FORWARD}, score="{score}"'), "{{le}}"),),
        )
        for score in ("adherence", "aesthetics")
    )),
    Band(8, (
        Lines(
            title="Median score", unit=COUNT, most=5,
            tells=f"Half of the forward edits score less; the paper's bar for both is {HARD_BAR}.",
            bad="A fall of both is the editor or the sources; of one alone, what that score is about.",
            queries=(
                Query(median("nhr_judge_score", "score", FORWARD), "{{score}}"),
                Query(constant(HARD_BAR), "bar, paper"),
            ),
        ),
        Lines(
            title="Mean score, by kind of text", unit=COUNT, most=5,
            tells="Adherence and aesthetics of forward edits, inverses and composites.",
            bad="Inverses that score far below their forward edits are badly worded: look at the writer's texts.",
            queries=(Query(mean("nhr_judge_score", "kind, score"), "{{kind}}, {{score}}"),),
        ),
    )),
)  # fmt: skip

CANARY = (
    Band(6, (
        Lines(
            title="Judges that drifted", unit=COUNT, steps=above(1), most=1, runbook="nhrcanarydrifted",
            tells="1 where a judge's scores of the canary's known pictures have moved.",
            bad="`nhr canary` says by how much; do not trust what that judge accepted since.",
            queries=(Query(latest("nhr_canary_drifted", "model"), "{{model}}"),),
        ),
        Lines(
            title="Since the canary was shown", unit=SECONDS, steps=above(2 * 86_400), runbook="nhrcanarynotshown",
            tells="How long ago each judge was last shown the canary's pictures.",
            bad="After two days a drift would go unseen: let `nhr canary` run daily.",
            queries=(Query(f"time() - {latest('nhr_canary_timestamp_seconds', 'model')}", "{{model}}"),),
        ),
    )),
)  # fmt: skip

BOARD = Board(
    "nhr-funnel",
    "What each stage accepts, by operation, style and model, beside the paper's run.",
    (),
    (
        Row("Beside the paper", PAPER),
        Row("The funnel", FLOW),
        Row("By operation, style and model", RANKED),
        Row("Scores", SCORES),
        Row("Canary", CANARY, collapsed=True),
    ),
    (STAGE, WINDOW, OVER, OPERATION_GROUP),
    since="now-24h",
)

"""What the golden files mean: an instance of everything that is written down, with every field set."""

from collections.abc import Mapping

from schemas import codec, topics
from schemas import messages as m
from schemas.ports import Delivery
from streams import leftout
from streams.dataset.intents import Intent
from streams.dataset.manifests import File, Manifest, Shard
from streams.dataset.rows import row
from streams.dataset.tally import Tally
from streams.labels import Label
from streams.records import Campaign
from streams.retractions import Retraction
from streams.rules import facts
from streams.rules.policy import Composition, Inversion, JudgeBars, Judging, Policy, Screening, Texts

SOURCE_ID, POLICY_ID, REQUEST_ID, TRIPLET_ID = "5" * 32, "a" * 32, "e" * 32, "7" * 32


def _image(name: str, digit: str) -> m.ImageRef:
    return m.ImageRef(key=f"scratch/{name}.png", sha256=digit * 64, width=640, height=1536, format="png")


DRAWN, EDITED, SECOND = _image("drawn", "0"), _image("edited", "1"), _image("second", "2")
REQUEST = m.Request(instruction="Remove the red ball.", operation="remove", effect='{"take":"ball"}')
OTHER = m.Request(instruction="把门漆成蓝色。", operation="recolor", effect='{"paint":"door"}')
METER = m.Meter(seconds=0.25, tokens_in=1200, tokens_out=34, cost_usd=0.0015, machine="host", at=1_750_000_000.5)

SUBJECT = m.Subject(
    campaign="harbour", source_id=SOURCE_ID, prompt_id="p-1", text="Etching: a red ball by a door", style="etching",
    seed=7, image=DRAWN, origin="photo", licence="CC0-1.0", author="nobody", made_by="drawer@000000000000",
)  # fmt: skip

PROMPT = m.Prompt(
    campaign="harbour", prompt_id="p-1", text="Etching: a red ball by a door", style="etching", seed=7, width=640,
    height=1536, requests=(REQUEST, OTHER),
)  # fmt: skip

SOURCE = m.Source(subject=SUBJECT, requests=(REQUEST, OTHER), retry=1)

EDIT_JOB = m.EditJob(
    job_id="b" * 32, policy_id=POLICY_ID, subject=SUBJECT, request=REQUEST, request_id=REQUEST_ID, attempt=2, seed=99,
    cutoffs={"pixels.flagged": m.Bar(min=0.001, max=0.5)},
)  # fmt: skip

CANDIDATE = m.Candidate(job=EDIT_JOB, image=EDITED, made_by="painter@111111111111", retry=1)

PHOTOGRAPHED_SOURCE = SOURCE.model_copy(
    update={
        "subject": SUBJECT.model_copy(
            update={
                "licence_words": "CC0", "training": "plus:DataMining DMI-ALLOWED", "web": "https://photos.example/7",
            }
        )
    }
)  # fmt: skip

METERED_SOURCE, METERED_CANDIDATE = (one.model_copy(update={"meter": METER}) for one in (SOURCE, CANDIDATE))

JUDGE_JOB = m.JudgeJob(
    job_id="c" * 32, policy_id=POLICY_ID, triplet_id=TRIPLET_ID, subject=SUBJECT, kind="composite", request=REQUEST,
    other=OTHER, attempt=2, instruction="Put the red ball back and paint the door blue.", before=EDITED, after=SECOND,
    retry=1,
)  # fmt: skip

TEXT_JOB = m.TextJob(
    job_id="d" * 32, policy_id=POLICY_ID, triplet_id=TRIPLET_ID, subject=SUBJECT, task="form", kind="composite",
    form="zh", request=REQUEST, other=OTHER, instruction="Put the red ball back and paint the door blue.",
    inverse="Put the red ball back.", before=EDITED, after=SECOND, retry=1,
)  # fmt: skip

TRIPLET = m.Triplet(
    triplet_id=TRIPLET_ID, kind="inverse", policy_id=POLICY_ID, subject=SUBJECT, instruction="Put the red ball back.",
    operation="add", texts={"zh": "把红球放回去。"}, before=EDITED, after=DRAWN,
    scores=m.Scores(adherence=4.75, aesthetics=4.9, preservation=5.0), measures={"truth": 1.0}, checked="inverse",
    edits=(
        m.Edit(
            request_id=REQUEST_ID, instruction="Remove the red ball.", operation="remove", attempt=2, seed=99,
            editor="painter@111111111111", image_sha256=EDITED.sha256, measures={"pixels.flagged": 0.25},
        ),
    ),
    judge="critic@222222222222", writer="scribe@333333333333",
)  # fmt: skip

GATE_VERDICT = m.GateVerdict(
    job=SOURCE, job_id="1" * 32, yes=True, reason="plausible", measures={"truth": 1.0}, by="looker@444444444444",
    meter=METER,
)  # fmt: skip
SCREEN_VERDICT = m.ScreenVerdict(
    job=CANDIDATE, job_id="2" * 32, measures={"pixels.flagged": 0.25}, skipped=("vlm",), reason="nothing unwanted",
    by="pixels@555555555555", meter=METER,
)  # fmt: skip
JUDGE_VERDICT = m.JudgeVerdict(
    job=JUDGE_JOB, job_id="c" * 32, adherence=4.75, aesthetics=4.9, preservation=4.5, reason="as asked",
    measures={"truth": 1.0}, by="critic@222222222222", meter=METER,
)  # fmt: skip
TEXT_ANSWER = m.TextAnswer(
    job=TEXT_JOB, job_id="d" * 32, text="把红球放回去,并把门漆成蓝色。", by="scribe@333333333333", meter=METER
)
FAILURE = m.Failure(
    job_id="3" * 32, stage="screen", campaign="harbour", source_id=SOURCE_ID, request_id=REQUEST_ID, attempt=2, retry=1,
    reason="the picture is gone", source=SOURCE, candidate=CANDIDATE, by="pixels@555555555555", meter=METER,
)  # fmt: skip
REDRIVE = m.Redrive(source_id=SOURCE_ID, job_id="3" * 32, retry=2)

MESSAGES: Mapping[str, m.Message] = {
    "Prompt": PROMPT, "Source.rights": PHOTOGRAPHED_SOURCE, "Source": SOURCE, "Source.meter": METERED_SOURCE,
    "EditJob": EDIT_JOB, "Candidate": CANDIDATE, "Candidate.meter": METERED_CANDIDATE, "JudgeJob": JUDGE_JOB,
    "TextJob": TEXT_JOB, "Triplet": TRIPLET, "GateVerdict": GATE_VERDICT, "ScreenVerdict": SCREEN_VERDICT,
    "JudgeVerdict": JUDGE_VERDICT, "TextAnswer": TEXT_ANSWER, "Failure": FAILURE, "Redrive": REDRIVE,
}  # fmt: skip
"""One for each message class: `v1/<name>.msgpack`."""

LEDGER = facts.Ledger(
    POLICY_ID,
    SOURCE.model_copy(update={"retry": 0}),
    {
        "1" * 32: facts.Passed(True),
        "b" * 32: facts.Made(),
        "2" * 32: facts.Screened(EDITED, "painter@111111111111", {"pixels.flagged": 0.25}),
        "c" * 32: facts.Scored(
            m.Scores(adherence=4.75, aesthetics=4.9, preservation=4.5), "critic@222222222222", {"truth": 1.0}
        ),
        "d" * 32: facts.Worded("Put the red ball back.", "scribe@333333333333"),
        "3" * 32: facts.Failed("screen", EDITED, "painter@111111111111"),
        "4" * 32: facts.Failed("judge"),
        f"{'3' * 32}+1": facts.Redriven(),
    },
)
"""`v1/ledger.msgpack`: a fact of every kind."""

POLICY = Policy(
    name="golden", summary="every field set", waves=(2, 1), survivors=2, keep="rejected",
    judge=Judging(
        adherence=4.5, aesthetics=4.25, operations={"remove": JudgeBars(adherence=4.0, aesthetics=4.0)},
        judges={"critic": JudgeBars(adherence=4.75)},
    ),
    screen=Screening(
        bars={"pixels.flagged": m.Bar(min=0.001)}, operations={"style": {"pixels.flagged": m.Bar(max=1.0)}},
        spare=("pixels.flagged",),
    ),
    inversion=Inversion(enabled=True, backward=2.5), composition=Composition(enabled=True, neighbours=3),
    texts=Texts(forms=("zh", "short")),
)  # fmt: skip
GOLDEN_POLICY_ID = "f47673b8b1cc7eaa33b29d56e24bdb00"
"""`v1/policy.json`, and the id it was stored under."""


CAMPAIGN = Campaign(
    campaign="harbour", prompts="file:harbour.jsonl", policy="golden", policy_id=GOLDEN_POLICY_ID,
    plugins={"editor": "painter@111111111111", "judge": "critic@222222222222"},
)  # fmt: skip
"""`v1/campaign.json`."""

LABEL = Label(
    triplet_id=TRIPLET_ID, attempt=2, kind="forward", operation="remove", instruction="Remove the red ball.",
    before="0" * 64, after="1" * 64, rater="ada", adherence=4.5, aesthetics=3.0, note="a seam",
    job_id="c" * 32, judge="judge@000000000000",
    judged=m.Scores(adherence=4.8, aesthetics=4.7, preservation=4.9), accepted=True, at=1_750_000_000.5,
)  # fmt: skip
"""`v1/label.json`."""

_TALLY = Tally()
_TALLY.add(row(TRIPLET, {TRIPLET.judge}))
_TALLY.pictures, _TALLY.bytes = 2, 5_000
SHARD = Shard(
    name="9" * 32, rows=1, parquet=File(key=f"packed/parquet/{'9' * 32}.parquet", bytes=12_345, sha256="3" * 64),
    webdataset=File(key=f"packed/webdataset/{'9' * 32}.tar", bytes=10_240, sha256="4" * 64),
    ids=File(key=f"packed/ids/{'9' * 32}.ids", bytes=16, sha256="6" * 64), tally=_TALLY.as_dict(),
)  # fmt: skip
MANIFEST = Manifest(number=1, at=1_750_000_000.5, adds=(SHARD,), obeys="8" * 32)
"""`v1/manifest.json`."""

INTENT = Intent(at=1_750_000_000.5, keys=tuple(file.key for file in SHARD.files))
"""`v1/intent.json`."""

RETRACTION = Retraction(target="source", value=SOURCE_ID, reason="the photographer asked us to", at=1_750_000_000.5)
"""`v1/retraction.json`."""

LEFT_OUT = leftout.LeftOut(campaign="harbour", cause="marker", by="plus:DataMining DMI-PROHIBITED")
"""`v1/leftout.json`."""


def segment() -> list[Delivery]:
    """`v1/verdicts.seg`: every event, at offsets from 40 on."""
    events = (GATE_VERDICT, SCREEN_VERDICT, JUDGE_VERDICT, TEXT_ANSWER, FAILURE, REDRIVE)
    return [
        Delivery(topics.VERDICTS.name, 3, offset, SOURCE_ID, codec.encode(event), {})
        for offset, event in enumerate(events, 40)
    ]

"""`nhr stats` as users meet it: tables, JSON, CSV, comparisons, clear errors."""

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest

from infra.blobs.folder import FolderBlobs
from streams import policies, records, shelf
from streams.funnel import Funnel
from streams.rules import policy
from tests.integration.conftest import Call
from tests.integration.running import mine

POLICIES = ("paper", "thrifty")


@pytest.fixture(scope="module")
def mined(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The same 100 scenes by both policies; and one folder with two campaigns."""
    folder = tmp_path_factory.mktemp("stats")
    found = {name: folder / name for name in (*POLICIES, "both")}
    for name in POLICIES:
        mine(found[name], "--scenes", 100, "--policy", name)
        mine(found["both"], "--scenes", 12, "--policy", name, "--campaign", f"by-{name}")
    return found


def funnel_of(out: Path, campaign: str = "") -> Funnel:
    blobs = FolderBlobs(out)
    funnel = Funnel(policy.read("paper"), policies.kept(blobs), campaign)
    for event in records.events(blobs):
        funnel.add(event)
    for triplet in shelf.triplets(blobs):
        funnel.add_triplet(triplet)
    return funnel


def told(call: Call, *arguments: object) -> dict[str, Any]:
    result = call("stats", "--json", *arguments)
    assert (result.status, result.err) == (0, "")
    found: dict[str, Any] = json.loads(result.out)
    return found


@pytest.mark.parametrize(("folder", "campaign"), [("paper", ""), ("thrifty", ""), ("both", "by-paper")])
def test_stages_and_figures_are_those_of_the_funnel(
    call: Call, mined: dict[str, Path], folder: str, campaign: str
) -> None:
    found = told(call, "--out", mined[folder], "--campaign", campaign)
    funnel = funnel_of(mined[folder], campaign)
    for row, stage in zip(found["funnel"], funnel.stages(), strict=True):
        assert (row["key"], row["left"]) == (stage.key, stage.left)
        assert (row["rate"] or {}).get("value") == pytest.approx(stage.rate)
    figures = {row["key"]: (row["rate"] or {}).get("value") for row in found["figures"]}
    for figure in funnel.figures():
        assert figures[figure.key] == pytest.approx(figure.value)
    won = {step["number"]: step["won"] for step in found["attempts"] if step["won"]}
    assert won == funnel.won_at


def test_the_tables_fit_eighty_columns_and_hold_no_colour_codes(
    call: Call, mined: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    for arguments in ([], ["--against", mined["paper"]], ["--by", "editor", "--by", "judge"]):
        said = call("stats", "--out", mined["thrifty"], *arguments).out
        assert max(map(len, said.splitlines())) <= 80
        assert "\x1b" not in said
        assert "…" in said


def test_a_narrow_terminal_cuts_no_number_short(
    call: Call, mined: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    told = []
    for columns in ("80", "40"):
        monkeypatch.setenv("COLUMNS", columns)
        told.append(call("stats", "--out", mined["paper"]).out)
    assert told[0] == told[1]


def test_a_wide_terminal_shows_what_a_rate_counts_against(
    call: Call, mined: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "140")
    assert re.search(r"attempt +tried +won +chance", call("stats", "--out", mined["paper"]).out)


def test_that_attempts_stop_at_the_first_survivor_is_said(call: Call, mined: dict[str, Path]) -> None:
    note = "Once an attempt survived no more were made (policy thrifty)"
    assert note in " ".join(call("stats", "--out", mined["thrifty"]).out.split())
    assert note not in " ".join(call("stats", "--out", mined["paper"]).out.split())


def test_what_thrifty_would_take_is_told_by_the_papers_way(call: Call, mined: dict[str, Path]) -> None:
    """The null models draw the same outcomes for both, so the forecast must come true."""
    forecast = told(call, "--out", mined["paper"])["attempts"][4]["one_by_one"]["value"]
    figures = {row["key"]: row for row in told(call, "--out", mined["thrifty"])["figures"]}
    assert forecast == pytest.approx(figures["attempts_per_winner"]["rate"]["value"])


def test_two_folders_are_compared(call: Call, mined: dict[str, Path]) -> None:
    found = told(call, "--out", mined["thrifty"], "--against", mined["paper"])["comparison"]
    costs = {row["key"]: row for row in found["costs"]}
    ours, theirs = (funnel_of(mined[name]) for name in ("thrifty", "paper"))
    expected = ours.attempts / ours.released / (theirs.attempts / theirs.released) - 1
    assert costs["edits_per_triplet"]["change"] == pytest.approx(expected)
    assert costs["edits_per_triplet"]["clear"]
    assert costs["edits_per_triplet"]["verdict"].startswith("fewer edits per triplet")
    stages = {row["key"]: row["verdict"] for row in found["stages"]}
    assert stages["requests_won"].startswith("same share of requests won")


@pytest.mark.parametrize(
    "arguments",
    [("--campaign", "by-paper", "--against", "by-thrifty"), ("--against", "by-thrifty"),
     ("--campaign", "by-paper", "--against", "{out}:by-thrifty")],
)  # fmt: skip
def test_two_campaigns_of_one_folder_are_compared(
    call: Call, mined: dict[str, Path], arguments: tuple[str, ...]
) -> None:
    out = mined["both"]
    found = told(call, "--out", out, *(argument.format(out=out) for argument in arguments))
    assert (found["campaigns"], found["against"]["campaigns"]) == (["by-paper"], ["by-thrifty"])


def test_every_rate_goes_into_a_csv_file(call: Call, mined: dict[str, Path], tmp_path: Path) -> None:
    call("stats", "--out", mined["thrifty"], "--against", mined["paper"], "--csv", tmp_path / "rates.csv")
    with (tmp_path / "rates.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    gate = next(row for row in rows if row["of"] == str(mined["paper"]) and row["key"] == "gate")
    assert float(gate["value"]) == pytest.approx(funnel_of(mined["paper"]).stages()[2].rate)
    assert float(gate["low"]) < float(gate["value"]) < float(gate["high"])
    assert {row["table"] for row in rows if " against " in row["of"]} >= {"funnel", "figures", "operation", "style"}


def test_a_surer_interval_is_wider(call: Call, mined: dict[str, Path]) -> None:
    widths = []
    for level in (0.9, 0.999):
        interval = told(call, "--out", mined["paper"], "--level", level)["funnel"][4]["rate"]["interval"]
        widths.append(interval["high"] - interval["low"])
    assert widths[0] < 0.7 * widths[1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--out", "{both}", "--campaign", "lakes"],
         "there is no campaign 'lakes' in {both}; campaigns there: by-paper, by-thrifty"),
        (["--out", "{both}", "--against", "lakes"],
         "--against 'lakes' is no folder and no campaign of {both}; campaigns there: by-paper, by-thrifty"),
        (["--out", "{both}", "--against", "{both}"],
         "{both} and {both} are not two campaigns; name both; campaigns there: by-paper, by-thrifty"),
        (["--out", "{both}", "--against", "{here}"],
         "nothing was mined into {here}; mine first (`nhr mine --help`) or give its --out"),
        (["--out", "{here}"], "nothing was mined into {here}; mine first (`nhr mine --help`) or give its --out"),
        (["--out", "{both}", "--by", "colour"],
         "--by 'colour' is no axis; one of: operation, style, editor, judge"),
        (["--out", "{both}", "--csv", "{here}"], "{here} cannot be written (Is a directory); give another --csv FILE"),
    ],
)  # fmt: skip
def test_what_cannot_be_told_is_one_line_and_status_two(
    call: Call, mined: dict[str, Path], tmp_path: Path, arguments: list[str], said: str
) -> None:
    names = {"here": tmp_path, **mined}
    result = call("stats", *(argument.format(**names) for argument in arguments))
    assert (result.status, result.err) == (2, f"nhr: {said.format(**names)}\n")


def test_a_folder_where_nothing_is_recorded_yet_is_said_to_be_so(call: Call, tmp_path: Path) -> None:
    (tmp_path / "shelf").mkdir()
    result = call("stats", "--out", tmp_path)
    assert (result.status, result.err.startswith(f"nhr: nothing is recorded in {tmp_path} yet; mine first")) == (
        2,
        True,
    )

"""The policy file: the shipped ones are valid, mistakes are said in one line, bars are found where they are."""

from pathlib import Path

import pytest

from schemas.errors import UserError
from schemas.messages import Bar, Scores
from streams.rules import policy as policies
from streams.rules.policy import Composition, Inversion, JudgeBars, Judging, Policy, Screening
from tests.golden import samples

LEAST = 'name = "mine"\nwaves = [1]\n'


def test_two_policies_are_shipped() -> None:
    assert policies.shipped() == ("paper", "thrifty")


@pytest.mark.parametrize("name", policies.shipped())
def test_a_shipped_policy_is_valid_and_says_what_it_is(name: str) -> None:
    shipped = policies.read(name)
    assert shipped.name == name
    assert shipped.summary


def test_the_papers_policy_is_the_papers() -> None:
    paper = policies.read("paper")
    assert (paper.waves, paper.judge.adherence, paper.judge.aesthetics) == ((5,), 4.7, 4.7)
    assert (paper.inversion.enabled, paper.composition.enabled) == (True, True)


def test_the_thrifty_policy_makes_as_many_attempts_one_by_one_at_the_same_bars() -> None:
    paper, thrifty = policies.read("paper"), policies.read("thrifty")
    assert thrifty.waves == (1,) * sum(paper.waves)
    assert (thrifty.judge, thrifty.screen) == (paper.judge, paper.screen)


@pytest.mark.parametrize("name", policies.shipped())
def test_a_shipped_policy_can_be_told_by_its_text(name: str, tmp_path: Path) -> None:
    (tmp_path / "copy.toml").write_text(policies.text(name), encoding="utf-8")
    assert policies.read(str(tmp_path / "copy.toml")) == policies.read(name)


# --- ids --------------------------------------------------------------------------------------------------------------


def test_a_policy_is_named_by_its_content() -> None:
    assert policies.parse(LEAST, "a").policy_id == policies.parse(f"# a remark\n{LEAST}", "b").policy_id


def test_a_policy_keeps_its_name_when_a_later_version_knows_more_options() -> None:
    """Of what is left at its default nothing enters the name, so that a further default changes none."""
    assert policies.parse(LEAST, "a").policy_id == "14f6a0f0f34f1bc10fc3c961a6c11ae6"


def test_another_bar_makes_another_policy() -> None:
    other = policies.parse(f"{LEAST}[judge]\nadherence = 4.8\n", "b")
    assert policies.parse(LEAST, "a").policy_id != other.policy_id


def test_a_policy_keeps_its_id_when_stored() -> None:
    assert Policy.model_validate_json(samples.POLICY.model_dump_json()).policy_id == samples.POLICY.policy_id


# --- mistakes ---------------------------------------------------------------------------------------------------------

MISTAKES = {
    "not TOML": ("waves = [", r"is not TOML: .*; mend that line"),
    "no name": ("waves = [1]", r"name: Field required"),
    "a name for no file": ('name = "../x"\nwaves = [1]', r"name: String should match"),
    "no waves": ('name = "mine"', r"waves: Field required"),
    "empty waves": ('name = "mine"\nwaves = []', r"waves: Tuple should have at least 1 item"),
    "a wave of none": ('name = "mine"\nwaves = [0]', r"waves\.0: Input should be greater than or equal to 1"),
    "waves too long": ('name = "mine"\nwaves = [20, 13]', r"policy: waves add up to 33 attempts; 32 is the most"),
    "survivors out of reach": (
        f"{LEAST}survivors = 2", r"policy: survivors = 2 can never be met by 1 attempts"
    ),
    "an unknown key": (f"{LEAST}attempts = 5", r"attempts: Extra inputs are not permitted"),
    "an unknown key further in": (f"{LEAST}[judge]\nbar = 4.7", r"judge\.bar: Extra inputs are not permitted"),
    "a bar out of range": (f"{LEAST}[judge]\nadherence = 5.1", r"judge\.adherence: Input should be less than or equal"),
    "a backward bar out of range": (f"{LEAST}[inversion]\nbackward = 0", r"inversion\.backward: Input should be"),
    "neighbours out of range": (f"{LEAST}[composition]\nneighbours = 0", r"composition\.neighbours: Input should be"),
    "nothing known to keep": (f'{LEAST}keep = "some"', r"keep: Input should be 'all', 'rejected' or 'none'"),
    "composition without inversion": (
        f"{LEAST}[inversion]\nenabled = false", r"policy: composition needs inversion: a composite begins"
    ),
    "an unknown operation judged": (
        f"{LEAST}[judge.operations.teleport]\nadherence = 4", r"policy: unknown operation 'teleport'; see `nhr models"
    ),
    "an unknown operation screened": (
        f'{LEAST}[screen.operations.teleport]\n"a.b" = {{ min = 1 }}', r"policy: unknown operation 'teleport'"
    ),
    "a bar to spare that is not there": (
        f'{LEAST}[screen]\nspare = ["a.b"]', r"policy: screen\.spare names \['a\.b'\], which screen\.bars does not have"
    ),
    "a bar with a word that says nothing": (
        f'{LEAST}[screen.bars]\n"a.b" = {{ maximum = 1 }}', r"screen\.bars\.a\.b: a bar has min and max, no 'maximum'"
    ),
    "a measure with a dot and no quotes": (
        f"{LEAST}[screen.operations.add]\na.b = {{ min = 1 }}",
        r"screen\.operations\.add\.a: a bar has min and max, no 'b'; a measure's name that holds a dot is quoted",
    ),
    "a form that is no name": (f'{LEAST}[texts]\nforms = ["Zh!"]', r"texts\.forms\.0: String should match"),
    "too many forms": (
        f"{LEAST}[texts]\nforms = {[chr(97 + n) for n in range(9)]}", r"texts\.forms: Tuple should have at most 8"
    ),
    "a later format": (f"{LEAST}format = 2", r"has format 2, this NHR knows 1; upgrade nhr"),
}  # fmt: skip


@pytest.mark.parametrize(("toml", "says"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_one_line_that_says_where_and_what_next(toml: str, says: str) -> None:
    with pytest.raises(UserError, match=rf"^policy mine\.toml:? ?{says}") as raised:
        policies.parse(toml, "mine.toml")
    assert "\n" not in str(raised.value)
    assert "; " in str(raised.value)


def test_a_policy_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(UserError, match=r"^no policy 'papr'; give a TOML file or one of: paper, thrifty$"):
        policies.read("papr")


def test_a_policy_that_is_no_text_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(UserError, match=r"mine\.toml cannot be read .*; give a readable UTF-8 TOML file"):
        policies.read(str(tmp_path / "mine.toml"))


# --- bars -------------------------------------------------------------------------------------------------------------


def mine(judge: Judging = Judging(), screen: Screening = Screening()) -> Policy:  # noqa: B008 - frozen
    return Policy(name="mine", waves=(1,), judge=judge, screen=screen)


LAYERED = mine(
    Judging(
        adherence=4.0,
        aesthetics=3.0,
        operations={"remove": JudgeBars(adherence=4.9)},
        judges={"critic": JudgeBars(adherence=4.5, aesthetics=4.4)},
    )
)


@pytest.mark.parametrize(
    ("operation", "judge", "bars"),
    [
        ("add", "other@1", (4.0, 3.0)),
        ("add", "critic@123456789abc", (4.5, 4.4)),
        ("add", "critic", (4.5, 4.4)),
        ("remove", "other", (4.9, 3.0)),
        ("remove", "critic@123456789abc", (4.9, 4.4)),
    ],
)
def test_an_operations_bar_goes_before_a_judges_and_that_before_the_general_one(
    operation: str, judge: str, bars: tuple[float, float]
) -> None:
    found = LAYERED.bars(operation, judge)
    assert (found.adherence, found.aesthetics) == bars


@pytest.mark.parametrize(
    ("adherence", "aesthetics", "accepted"), [(4.0, 3.0, True), (3.99, 5.0, False), (5.0, 2.99, False)]
)
def test_each_score_must_reach_its_bar(adherence: float, aesthetics: float, accepted: bool) -> None:
    assert LAYERED.accepts(Scores(adherence=adherence, aesthetics=aesthetics), "add", "other") is accepted


@pytest.mark.parametrize(("adherence", "aesthetics"), [(2.99, 5.0), (5.0, 2.99)])
def test_an_inverse_with_one_score_below_the_backward_bar_fails(adherence: float, aesthetics: float) -> None:
    decided = Policy(name="mine", waves=(1,), inversion=Inversion(backward=3.0))
    assert decided.backward_fails(Scores(adherence=adherence, aesthetics=aesthetics))
    assert not decided.backward_fails(Scores(adherence=3.0, aesthetics=3.0))


SCREENED = mine(
    screen=Screening(
        bars={"pixels.flagged": Bar(min=0.1), "vlm.look": Bar(min=0.5), "alpha.x": Bar(max=1.0)},
        operations={"style": {"pixels.flagged": Bar(min=0.6)}, "blur": {"pixels.more": Bar(max=0.0)}},
        spare=("vlm.look", "pixels.flagged"),
    )
)


def test_models_opinions_go_before_pixel_checks_then_by_name() -> None:
    assert [name for name, _ in SCREENED.screen_bars("add")] == ["alpha.x", "vlm.look", "pixels.flagged"]


@pytest.mark.parametrize(
    ("measures", "missed"),
    [
        ({"alpha.x": 1.0, "vlm.look": 0.5, "pixels.flagged": 0.1}, None),
        ({"alpha.x": 1.1, "vlm.look": 0.0, "pixels.flagged": 0.0}, "alpha.x"),
        ({"alpha.x": 1.0, "vlm.look": 0.0, "pixels.flagged": 0.0}, "vlm.look"),
        ({"pixels.flagged": 0.0}, "pixels.flagged"),
        ({"pixels.flagged": float("nan")}, "pixels.flagged"),
        ({"something.else": -1.0}, None),
        ({}, None),
    ],
)
def test_the_first_bar_that_is_missed_is_named(measures: dict[str, float], missed: str | None) -> None:
    assert SCREENED.missed(measures, "add") == missed


def test_an_operations_soft_bar_replaces_the_general_one_of_its_name_and_only_that() -> None:
    assert SCREENED.missed({"pixels.flagged": 0.5}, "style") == "pixels.flagged"
    assert SCREENED.missed({"vlm.look": 0.4}, "style") == "vlm.look"
    assert SCREENED.missed({"pixels.more": 1.0}, "blur") == "pixels.more"


def test_a_screened_attempt_is_held_against_the_bars_of_its_operation() -> None:
    assert samples.SCREEN_VERDICT.measures == {"pixels.flagged": 0.25}
    assert SCREENED.screen_lost(samples.SCREEN_VERDICT) is None
    strict = mine(screen=Screening(operations={"remove": {"pixels.flagged": Bar(min=0.3)}}))
    assert strict.screen_lost(samples.SCREEN_VERDICT) == "pixels.flagged"


def test_the_cutoffs_that_ride_with_a_job_are_the_bars_to_spare_by() -> None:
    assert SCREENED.cutoffs("add") == {"vlm.look": Bar(min=0.5), "pixels.flagged": Bar(min=0.1)}
    assert SCREENED.cutoffs("style")["pixels.flagged"] == Bar(min=0.6)


def test_composition_may_be_left_out_without_inversion() -> None:
    alone = Policy(name="mine", waves=(1,), inversion=Inversion(enabled=False), composition=Composition(enabled=False))
    assert not alone.inversion.enabled

"""The grid: what is listed, filtered, ordered, and how one comes through all of its pages."""

import pytest

from infra.gallery.index.asking import PAGE
from tests.unit.gallery.site import Site
from tests.unit.report.scenes import Campaign


def all_pages(shown: Site, address: str) -> list[str]:
    """Every id from that page on."""
    found = shown.ids(address)
    while following := shown.links(address).get("next"):
        address = f"{address.partition('?')[0]}{following}"
        found += shown.ids(address)
    return found


def test_every_triplet_is_listed_once(shown: Site, campaign: Campaign) -> None:
    found = all_pages(shown, "/")
    assert len(shown.ids("/")) == PAGE
    assert len(found) == len(campaign.triplets)
    assert set(found) == {one.triplet_id for one in campaign.triplets}


def test_the_page_before_is_the_page_one_came_from(shown: Site) -> None:
    there = shown.links("/")["next"]
    assert shown.ids(f"/{shown.links(f'/{there}')['prev']}") == shown.ids("/")


@pytest.mark.parametrize("sort", ["best", "worst"])
def test_triplets_are_ordered_by_score_over_all_pages(shown: Site, campaign: Campaign, sort: str) -> None:
    overall = {one.triplet_id: one.scores.geometric_mean for one in campaign.triplets}
    listed = [overall[name] for name in all_pages(shown, f"/?sort={sort}")]
    assert listed == sorted(overall.values(), reverse=sort == "best")


@pytest.mark.parametrize(("name", "value"), [("operation", "time_of_day"), ("kind", "composite"), ("style", "gouache")])
def test_a_filter_leaves_its_own(shown: Site, campaign: Campaign, name: str, value: str) -> None:
    def of(one: object) -> object:
        return getattr(getattr(one, "subject") if name == "style" else one, name)  # noqa: B009

    wanted = {one.triplet_id for one in campaign.triplets if of(one) == value}
    assert wanted
    assert set(all_pages(shown, f"/?{name}={value}")) == wanted


def test_filters_and_order_stay_from_page_to_page(shown: Site) -> None:
    following = shown.links("/?style=watercolour&sort=best&min=4").get("up", "")
    assert following == ""
    address = shown.page("/?kind=forward&sort=best&min=4&q=house")
    links = [value for name, value in address.attributes if name == "href" and value.startswith("/triplet/")]
    assert links
    assert all(link.endswith("?q=house&kind=forward&min=4&sort=best") for link in links)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("moonlit", 12), ("moonl", 12), ("MOONLIT Night", 12), ("scene 3", 11), ("编辑", 24), ("编辑这张图片", 24),
        ("图编", 0),
        ("no such words", 0), ("\"'*-^()", 0), ("AND OR NOT", 0), ("time_of_day", 12),
    ],
)  # fmt: skip
def test_a_search_finds_words_and_their_beginnings(shown: Site, query: str, found: int) -> None:
    answer = shown.client.get("/", params={"q": query})
    assert answer.status_code == 200
    assert answer.text.count('class="card"') == found


@pytest.mark.parametrize(
    "query",
    ["q=moonlit", "q=moonlit&kind=forward", "q=编辑&sort=best", "q=house&min=4.85", "kind=forward&style=gouache"],
)
def test_many_matches_are_found_as_few_are(shown: Site, monkeypatch: pytest.MonkeyPatch, query: str) -> None:
    few = all_pages(shown, f"/?{query}")
    monkeypatch.setattr("infra.gallery.index.asking.MOST_COUNTED", 1)
    assert "more than" in shown.page(f"/?{query}").text
    assert all_pages(shown, f"/?{query}") == few != []


def test_a_search_finds_ids_by_their_beginning(shown: Site, campaign: Campaign) -> None:
    wanted = next(one.triplet_id for one in campaign.triplets if any(map(str.isdigit, one.triplet_id[:8])))
    assert shown.ids(f"/?q={wanted[:8]}") == [wanted]
    source = campaign.triplets[0].subject.source_id
    assert len(shown.ids(f"/?q={source}")) == 11


@pytest.mark.parametrize("score", ["overall", "adherence", "aesthetics"])
def test_scores_can_be_bounded(shown: Site, campaign: Campaign, score: str) -> None:
    def of(name: str) -> float:
        scores = next(one.scores for one in campaign.triplets if one.triplet_id == name)
        return scores.geometric_mean if score == "overall" else float(getattr(scores, score))

    wanted = {one.triplet_id for one in campaign.triplets if 4.75 <= of(one.triplet_id) <= 4.85}
    assert set(all_pages(shown, f"/?score={score}&min=4.75&max=4.85")) == wanted


def test_choices_are_told_with_how_many_there_are(shown: Site) -> None:
    text = shown.page("/").text
    assert "time of day (12)" in text
    assert "composite (18)" in text
    assert "66 triplets." in text
    assert "12 of 66 match." in shown.page("/?operation=time_of_day").text


@pytest.mark.parametrize(
    "address",
    [
        "/?after=nan,1", "/?after=1", "/?after=,", "/?before=x,9999999999999999999999", "/?sort=none", "/?score=id",
        "/?min=abc", "/?min=inf&max=nan", "/?page=7&nothing=1", "/?after=1e400,5", "/?q=%00%ff", "/?kind=",
    ],
)  # fmt: skip
def test_what_an_address_says_that_makes_no_sense_is_passed_over(shown: Site, address: str) -> None:
    shown.page(address)


def test_a_value_that_nothing_has_finds_nothing_and_stays_chosen(shown: Site) -> None:
    page = shown.page("/?operation=none+such")
    assert "Nothing here matches." in page.text
    assert "none such (0)" in page.text


def test_rejected_attempts_are_listed_with_stage_and_reason(shown: Site) -> None:
    page = shown.page("/rejected?stage=hard")
    assert "24 of 72 match." in page.text
    assert "the hills changed" in page.text
    assert "null.soft = 0.2" in shown.page("/rejected?bar=null.soft").text
    assert len(shown.ids("/rejected?stage=soft")) == 24


def test_rejected_attempts_are_found_by_their_reason(shown: Site) -> None:
    assert len(shown.ids("/rejected?q=hills+changed")) == 24
    assert shown.ids("/rejected?q=moonlit+changed")


def test_the_editor_of_a_judged_attempt_is_known_from_its_screening(shown: Site) -> None:
    assert len(shown.ids("/rejected?model=painter&stage=hard")) == 24


def test_pages_are_not_kept_by_browsers(shown: Site) -> None:
    assert shown.client.get("/").headers["cache-control"] == "no-store"

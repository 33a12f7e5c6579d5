"""What was kept out is counted once, by cause; and a card is told of it, and of what was checked."""

from collections import Counter

import pytest

from infra.blobs.memory import MemoryBlobs
from infra.blocklist import Blocklist, Entries
from infra.retract import listed
from schemas import ids
from schemas.errors import UserError
from schemas.messages import Triplet
from streams import leftout, retractions, shelf
from streams.dataset import content
from streams.dataset.rows import row
from streams.dataset.tally import Tally
from streams.funnel import Funnel
from streams.leftout import Item
from streams.rules.policy import Policy
from tests.golden.samples import TRIPLET
from tests.unit.reading.making import put_on_shelf, ref, request, screen, subject, triplet

MARK = Item("a.jpg", "marker", "keyword noai")
NAMED = Item("p1", "blocklist", "word 'boat'")


def test_each_is_counted_once_however_often_it_is_met() -> None:
    blobs = MemoryBlobs()
    leftout.keep(blobs, "c", [MARK, NAMED])
    leftout.keep(blobs, "c", [MARK, MARK._replace(what="b.jpg"), MARK._replace(what="\udcff.jpg")])
    leftout.keep(blobs, "d", [MARK])
    leftout.keep(blobs, "d", [])
    assert leftout.counts(blobs, "c") == {("marker", "keyword noai"): 3, ("blocklist", "word 'boat'"): 1}
    assert leftout.counts(blobs) == {("marker", "keyword noai"): 4, ("blocklist", "word 'boat'"): 1}
    assert leftout.counts(blobs, "e") == {}


def test_a_record_does_not_say_what_it_was() -> None:
    blobs = MemoryBlobs()
    leftout.keep(blobs, "c", [MARK])
    (key,) = blobs.list(leftout.FOLDER)
    assert b"a.jpg" not in blobs.get(key) + key.encode()


@pytest.mark.parametrize("data", [b"{", b'{"format":1,"campaign":"c","cause":"whim","by":"x"}', b'{"format":2}'])
def test_a_bad_record_is_named(data: bytes) -> None:
    with pytest.raises(UserError, match=r"^leftout/x"):
        leftout.parse("leftout/x", data)


def checked(*measures: dict[str, float]) -> Triplet:
    (edit,) = TRIPLET.edits
    edits = tuple(edit.model_copy(update={"measures": one}) for one in measures)
    return TRIPLET.model_copy(update={"edits": edits})


BOTH, ONE = {"nsfw.score": 0.1, "text.count": 0.0, "pixels.shift": 0.0}, {"text.area": 0.2}


def test_a_row_tells_the_checks_that_every_edit_went_through() -> None:
    rows = [row(checked(BOTH)), row(checked(BOTH, ONE)), row(checked({"pixels.shift": 0.0})), row(checked())]
    assert [one["content"] for one in rows] == [["nsfw", "text"], ["text"], [], []]
    tally = Tally()
    for one in rows:
        tally.add(one)
    assert tally.axes["content"] == {"nsfw": 1, "text": 2, "none": 2}


def test_a_row_tells_a_photographs_licence_in_its_own_words_and_its_owners_leave() -> None:
    of = TRIPLET.subject.model_copy(update={"licence_words": "CC0", "training": "DMI-ALLOWED", "web": "https://x"})
    found = row(TRIPLET.model_copy(update={"subject": of}))
    assert (found["licence"], found["licence_words"], found["training"], found["web"]) == (
        "CC0-1.0", "CC0", "DMI-ALLOWED", "https://x",
    )  # fmt: skip
    assert row(TRIPLET)["licence_words"] == row(TRIPLET)["training"] == row(TRIPLET)["web"] == ""


def test_a_card_is_told_of_checks_of_what_they_turned_away_and_of_what_never_came_in() -> None:
    policy = Policy.model_validate(
        {"name": "p", "waves": [1], "screen": {"bars": {"text.watermark": {"max": 0.5}, "vlm.pleasing": {"min": 0.5}}}}
    )
    funnel, tally = Funnel(policy), Tally()
    for attempt, found in enumerate(({"text.watermark": 1.0}, {"text.watermark": 0.0}, {"vlm.pleasing": 0.0})):
        funnel.add(screen(subject(), request(), attempt, measures=found))
    tally.add(row(checked(BOTH)))
    blobs = MemoryBlobs()
    leftout.keep(blobs, "c", [MARK, NAMED])
    told = content.of(blobs, tally, funnel)
    assert (told.rows, told.checked, told.turned_away) == (1, {"nsfw": 1, "text": 1}, {"text.watermark": 1})
    assert told.left_out == {"marker": {"keyword noai": 1}, "blocklist": {"word 'boat'": 1}}
    assert content.content(Tally(), left_out=Counter()).checked == {"nsfw": 0, "text": 0}


# --- a list that came later -------------------------------------------------------------------------------------------


def photographed(number: int, **more: str) -> Triplet:
    of = subject(f"s{number}").model_copy(
        update={"source_id": ids.photo_source_id("harbour", f"{number}" * 64), "origin": "photo", **more}
    )
    return triplet(of, request(), ref(f"edited {number}".encode()))


def shelved(*triplets: Triplet) -> MemoryBlobs:
    blobs = MemoryBlobs()
    put_on_shelf(blobs, *triplets)
    return blobs


TRIPLETS = (photographed(1, author="A. Nyman"), photographed(2), photographed(3, web="https://x.example/3"))


@pytest.mark.parametrize(
    ("entries", "targets"),
    [
        (Entries(authors=("a. nyman",)), [("source", TRIPLETS[0].subject.source_id)]),
        (Entries(sha256=("2" * 64,)), [("source", TRIPLETS[1].subject.source_id)]),
        (Entries(sources=("https://x.example",)), [("source", TRIPLETS[2].subject.source_id)]),
        (Entries(sha256=(TRIPLETS[1].after.sha256,)), [("sha256", TRIPLETS[1].after.sha256)]),
        (Entries(words=("red ball",)), [("triplet", one.triplet_id) for one in TRIPLETS]),
        (Entries(words=("boat",)), [("source", one.subject.source_id) for one in TRIPLETS]),
        (Entries(words=("lighthouse",)), []),
    ],
    ids=["author", "file", "web", "picture", "instruction", "caption", "nothing"],
)
def test_a_list_takes_back_what_it_names_as_widely_as_it_is_named(
    entries: Entries, targets: list[tuple[str, str]]
) -> None:
    blobs = shelved(*TRIPLETS)
    taking = listed(blobs, Blocklist.of(entries, ()), "blocked", 7.0)
    assert sorted((one.target, one.value) for one in taking.kept) == sorted(targets)
    assert all(one.reason.startswith("blocked: ") and one.at == 7.0 for one in taking.kept)
    assert sum(taking.taken.values()) == len(targets)
    for one in taking.kept:
        retractions.retract(blobs, one)
    assert len(list(shelf.triplets(blobs))) == len(TRIPLETS) - len(targets)
    again = listed(blobs, Blocklist.of(entries, ()), "blocked", 8.0)
    assert (again.kept, again.before) == ([], len(targets))

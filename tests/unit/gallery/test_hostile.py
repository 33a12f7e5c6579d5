"""Texts of models and strangers' files stay texts on every page."""

from collections.abc import Iterator

import pytest

from infra.gallery.watch import Queue, Work
from tests.unit.gallery.site import Site, site
from tests.unit.reading.hostile import TEXTS, hostile_blobs
from tests.unit.report.reading import Page


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    def look() -> Work:
        return Work(1.0, True, [Queue(TEXTS[0], 3, state=TEXTS[1])], warnings=[TEXTS[2]], trouble=TEXTS[3])

    with site(hostile_blobs(), tmp_path_factory.mktemp("hostile"), look=look) as found:
        yield found


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("name", ["q", "operation", "campaign", "style", "sort", "after"])
def test_an_address_stays_text(hostile: Site, name: str, text: str) -> None:
    answer = hostile.client.get("/", params={name: text})
    assert answer.status_code == 200
    harmless(answer.text)


@pytest.mark.parametrize("address", ["/", "/rejected", "/live"])
def test_lists_and_numbers_hold_no_markup_of_others(hostile: Site, address: str) -> None:
    harmless(hostile.client.get(address).text)


def test_single_pages_hold_no_markup_of_others(hostile: Site) -> None:
    for path, address in (("/triplet/", "/"), ("/rejected/", "/rejected")):
        ids = hostile.ids(address)
        assert len(ids) >= len(TEXTS)
        for name in ids:
            harmless(hostile.client.get(f"{path}{name}").text)


def test_texts_arrive_as_they_are(hostile: Site) -> None:
    for text in TEXTS:
        answer = hostile.client.get("/", params={"campaign": text})
        assert answer.text.count('class="card"') == 1, text


def harmless(html: str) -> None:
    """Nothing but our own script, no handler, no foreign address."""
    page = Page(html)
    assert page.tags.count("script") == 1
    assert not {"iframe", "style", "base", "object", "embed"} & set(page.tags)
    assert not [name for name, _ in page.attributes if name == "style" or name.startswith("on")]
    loaded = [value for name, value in page.attributes if name in {"src", "href", "action", "srcset"}]
    assert all(value.startswith(("/", "?", "#")) and not value.startswith("//") for value in loaded)

"""A licence's words become SPDX's identifier where they are clear, and stay as they are where they are not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.photographic.licensing import OWN, PUBLIC_DOMAIN, admits, recognised


@pytest.mark.parametrize(
    ("words", "spdx", "commercial"),
    [
        ("CC0", "CC0-1.0", True),
        ("CC0 1.0 Universal", "CC0-1.0", True),
        ("https://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0", True),
        ("https://creativecommons.org/publicdomain/mark/1.0/", "CC-PDM-1.0", True),
        ("Public Domain", PUBLIC_DOMAIN, True),
        ("own", OWN, True),
        ("CC BY 4.0", "CC-BY-4.0", True),
        ("cc-by-4.0", "CC-BY-4.0", True),
        ("Creative Commons Attribution 4.0 International License", "CC-BY-4.0", True),
        ("Creative Commons Attribution-ShareAlike 3.0 Unported", "CC-BY-SA-3.0", True),
        ("CC BY-NC-SA 2.0", "CC-BY-NC-SA-2.0", False),
        ("CC_BY_NC_ND_4.0", "CC-BY-NC-ND-4.0", False),
        ("Creative Commons Attribution-NonCommercial-NoDerivatives 4.0 International", "CC-BY-NC-ND-4.0", False),
        ("© A. Nyman, http://creativecommons.org/licenses/by-sa/3.0/", "CC-BY-SA-3.0", True),
        ("https://creativecommons.org/licenses/by/3.0/de/deed.de", "CC-BY-3.0-DE", True),
        ("CC BY-ND 2.0", "CC-BY-ND-2.0", False),
        ("Apache-2.0", "Apache-2.0", True),
    ],
)
def test_clear_words_are_recognised(words: str, spdx: str, commercial: bool) -> None:
    found = recognised(words)
    assert (found.words, found.spdx, found.commercial, found.name) == (words, spdx, commercial, spdx)


@pytest.mark.parametrize(
    ("words", "commercial"),
    [
        ("CC BY", True),
        ("CC BY-NC", False),
        ("CC BY 9.9", True),
        ("https://creativecommons.org/licenses/by-nc/3.0/xx/", False),
        ("All rights reserved", False),
        ("© 2024 A. Nyman. All Rights Reserved.", False),
        ("for non-commercial use", False),
        ("Unsplash License", None),
        ("ask me", None),
        ("", None),
    ],
)
def test_unclear_words_stay_as_they_are(words: str, commercial: bool | None) -> None:
    found = recognised(words)
    assert (found.spdx, found.name, found.commercial) == ("", words, commercial)


@given(st.text(max_size=80))
def test_any_words_are_kept_and_recognising_again_changes_nothing(words: str) -> None:
    found = recognised(words)
    assert found.words == words
    again = recognised(found.name)
    assert (again.name, again.commercial) == (found.name, found.commercial)


@pytest.mark.parametrize(
    ("admitted", "words", "wanted"),
    [
        ("", "anything", True),
        ("CC0-1.0|CC-BY-4.0", "CC0", True),
        ("cc0-1.0 | cc-by-4.0", "CC BY 4.0", True),
        ("CC0-1.0|CC-BY-4.0", "CC BY-SA 4.0", False),
        ("CC-BY-*", "CC BY-SA 4.0", True),
        ("CC0-1.0", "", False),
        ("ask me", "Ask me", True),
    ],
)
def test_only_listed_licences_are_admitted(admitted: str, words: str, wanted: bool) -> None:
    assert admits(admitted, recognised(words)) is wanted

"""What a licence's words mean: its SPDX identifier where that is clear, and whether it lets edited pictures be sold.

Identifiers: https://spdx.org/licenses/. Words without a version ("CC BY") name no licence of that list, and stay as
they are; that they forbid commercial use, or edited pictures at all, is seen in them all the same.
"""

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from unicodedata import normalize

PUBLIC_DOMAIN, OWN = "LicenseRef-public-domain", "LicenseRef-own"
_PLAIN = {
    "cc0": "CC0-1.0", "cc0 1.0": "CC0-1.0", "cc0-1.0": "CC0-1.0", "cc zero": "CC0-1.0", "cc-zero": "CC0-1.0",
    "creative commons zero": "CC0-1.0", "creative commons zero 1.0": "CC0-1.0",
    "cc0 1.0 universal": "CC0-1.0", "creative commons cc0 1.0 universal": "CC0-1.0",
    "creative commons zero v1.0 universal": "CC0-1.0",
    "public domain mark 1.0": "CC-PDM-1.0", "cc-pdm-1.0": "CC-PDM-1.0", "pdm 1.0": "CC-PDM-1.0",
    "public domain": PUBLIC_DOMAIN, "pd": PUBLIC_DOMAIN, PUBLIC_DOMAIN.lower(): PUBLIC_DOMAIN,
    "own": OWN, OWN.lower(): OWN,
    "apache-2.0": "Apache-2.0", "mit": "MIT", "pddl-1.0": "PDDL-1.0", "ogl-uk-3.0": "OGL-UK-3.0",
}  # fmt: skip
_PORTS = {
    "CC-BY-2.5": "AU", "CC-BY-3.0": "AT AU DE IGO NL US", "CC-BY-SA-2.0": "UK", "CC-BY-SA-2.1": "JP",
    "CC-BY-SA-3.0": "AT DE IGO", "CC-BY-NC-3.0": "DE", "CC-BY-NC-SA-2.0": "DE FR UK", "CC-BY-NC-SA-3.0": "DE IGO",
    "CC-BY-ND-3.0": "DE", "CC-BY-NC-ND-3.0": "DE IGO",
}  # fmt: skip
"""National versions that SPDX lists."""
_VERSIONS = frozenset({"1.0", "2.0", "2.1", "2.5", "3.0", "4.0"})
_PARTS = {
    "nc": "NC", "noncommercial": "NC", "non-commercial": "NC", "sa": "SA", "sharealike": "SA", "share-alike": "SA",
    "nd": "ND", "noderivs": "ND", "noderivatives": "ND", "no-derivatives": "ND", "no-derivs": "ND",
}  # fmt: skip
_PART = "|".join(sorted(_PARTS, key=len, reverse=True))
_LINK = re.compile(r"creativecommons\.org/licenses/(by(?:-(?:nc|sa|nd))*)(?:/(\d\.\d))?(?:/([a-z]{2,3})\b)?")
_ZERO = re.compile(r"creativecommons\.org/publicdomain/zero\b|creativecommons\.org/licenses/cc0\b")
_MARK = re.compile(r"creativecommons\.org/publicdomain/mark\b")
_WORDS = re.compile(
    r"(?:licen[cs]ed? (?:under )?)?(?:cc|creative commons)[ -](?:by|attribution)"
    rf"(?P<parts>(?:[ -](?:{_PART}))*)(?:[ -]v?(?P<version>\d\.\d)"
    r"(?:[ -](?P<port>[a-z]{2}|igo))?(?: (?:international|unported|generic))?)?(?: licen[cs]e)?"
)
_RESERVED = re.compile(r"\ball rights reserved\b|\bno[nt][ -]?commercial\b|\b(?:personal|editorial) use only\b")


@dataclass(frozen=True, slots=True)
class Licence:
    """What was said, what SPDX calls it ("" where that is not clear), and whether edited pictures may be sold.

    `commercial` is None where nobody can tell.
    """

    words: str
    spdx: str = ""
    commercial: bool | None = None

    @property
    def name(self) -> str:
        """The identifier, else the words."""
        return self.spdx or self.words


def recognised(words: str) -> Licence:
    """The licence that these words mean: an SPDX identifier, a link to Creative Commons, or their usual names."""
    folded = " ".join(normalize("NFKC", words).casefold().replace("_", "-").split()).strip(" .;()[]")
    if _ZERO.search(folded) or _MARK.search(folded):
        return Licence(words, "CC0-1.0" if _ZERO.search(folded) else "CC-PDM-1.0", True)
    if plain := _PLAIN.get(folded):
        return Licence(words, plain, True)
    if link := _LINK.search(folded):
        return _creative(words, link[1].split("-")[1:], link[2] or "", link[3] or "")
    if said := _WORDS.fullmatch(folded):
        parts = re.findall(_PART, said["parts"] or "")
        return _creative(words, parts, said["version"] or "", said["port"] or "")
    return Licence(words, "", False if _RESERVED.search(folded) else None)


def _creative(words: str, parts: list[str], version: str, port: str) -> Licence:
    """A licence of Creative Commons; without derivatives no edited picture may be passed on at all."""
    named = {_PARTS[part] for part in parts}
    family = "-".join(["CC-BY", *(part for part in ("NC", "ND", "SA") if part in named)])
    spdx = f"{family}-{version}" if version in _VERSIONS and not {"SA", "ND"} <= named else ""
    if port and spdx:
        spdx = f"{spdx}-{port.upper()}" if port.upper() in _PORTS.get(spdx, "").split() else ""
    return Licence(words, spdx, not named & {"NC", "ND"})


def admits(admitted: str, licence: Licence) -> bool:
    """Whether "CC0-1.0|CC-BY-*" (patterns of names, in any case; "": every licence) admits it."""
    patterns = [pattern.strip().casefold() for pattern in admitted.split("|") if pattern.strip()]
    return not patterns or any(fnmatchcase(licence.name.casefold(), pattern) for pattern in patterns)

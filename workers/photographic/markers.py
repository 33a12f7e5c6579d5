"""Whether a picture's owner lets it be used for training: the marks inside its file.

- PLUS and IPTC: the property `plus:DataMining` of XMP (IPTC Photo Metadata Standard 2023.1, "Data Mining"), a value of
  https://ns.useplus.org/LDF/ldf-XMPSpecification#DataMining: DMI-ALLOWED lets it, DMI-PROHIBITED and all that begins
  so does not. "Except for search engines" and "see the constraint" are no leave for us: a person must read them.
- C2PA and CAWG: the assertion `c2pa.training-mining` or `cawg.training-mining`
  (https://cawg.io/training-and-data-mining/), a map from uses to "allowed", "notAllowed" or "constrained". It is looked
  for in the bytes of the manifest, unsigned and unparsed: in doubt a picture is left out. Any use that is not allowed,
  or constrained, counts, inference too: models are shown the picture.
- TDMRep (https://www.w3.org/community/reports/tdmrep/CG-FINAL-tdmrep-20240510/): `tdm:reservation` 1 in XMP.
- The words "noai" and "noimageai" (DeviantArt's, made for pages: see
  https://www.deviantart.com/team/journal/A-New-Directive-for-Opting-Out-of-AI-Datasets-934500371) among the keywords.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from workers.photographic import xmp

_PROHIBITED = re.compile(rb"DMI-PROHIBITED[A-Z-]*")
_ASSERTION = re.compile(rb"training-mining")
_WHOSE = (b"c2pa.", b"cawg.")
_NOT_ALLOWED = re.compile(rb"notAllowed|constrained")
_REACH = 2048
"""Bytes after the assertion's name within which its entries lie: four uses, their words and their boxes."""
WORDS = frozenset({"noai", "noimageai"})


@dataclass(frozen=True, slots=True)
class Leave:
    """What an owner says of training: the mark that forbids it, and the mark that lets it; "" where nothing does."""

    forbids: str = ""
    lets: str = ""

    def __or__(self, other: "Leave") -> "Leave":
        return Leave(self.forbids or other.forbids, self.lets or other.lets)


def inside(data: bytes, packets: Iterable[bytes], said: xmp.Properties, keywords: Iterable[str]) -> Leave:
    """What a file's own marks say: its bytes, its packets of XMP and what they say, and its other keywords."""
    words = (*keywords, *said.get(f"{xmp.DC}subject", ()))
    return _plus(packets, said) | _assertion(data) | _reservation(said) | keyword(words)


def _plus(packets: Iterable[bytes], said: xmp.Properties) -> Leave:
    values = [value.rstrip("/ ").rpartition("/")[2].strip() for value in said.get(f"{xmp.PLUS}DataMining", ())]
    for packet in packets:  # as bytes, too: one that is no XML any more must not lose it
        values += [found.decode() for found in _PROHIBITED.findall(packet)]
    forbids = next((value for value in values if value.upper().startswith("DMI-PROHIBITED")), "")
    lets = "DMI-ALLOWED" if "DMI-ALLOWED" in (value.upper() for value in values) else ""
    return Leave(forbids and f"plus:DataMining {forbids}", lets and f"plus:DataMining {lets}")


def _assertion(data: bytes) -> Leave:
    for found in _ASSERTION.finditer(data):
        whose = data[max(0, found.start() - 5) : found.start()]
        if whose in _WHOSE and _NOT_ALLOWED.search(data, found.end(), found.end() + _REACH):
            return Leave(f"C2PA {(whose + found[0]).decode()}")
    return Leave()


def _reservation(said: xmp.Properties) -> Leave:
    return reserved(next(iter(said.get(f"{xmp.TDM}reservation", ())), ""))


def reserved(value: object) -> Leave:
    """What `tdm-reservation` says: 1 reserves, 0 does not, and everything else counts as unsaid (TDMRep, 3)."""
    said = str(int(value)) if isinstance(value, bool) else str(value).strip()
    return Leave("tdm-reservation 1" if said == "1" else "", "tdm-reservation 0" if said == "0" else "")


def keyword(words: Iterable[str]) -> Leave:
    """What keywords say, one by one or in a list with commas or semicolons."""
    said = {part.strip().casefold() for word in words for part in re.split(r"[,;]", word)}
    found = next((word for word in sorted(WORDS) if word in said), "")
    return Leave(found and f"keyword {found}")

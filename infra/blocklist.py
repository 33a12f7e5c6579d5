"""Blocklists: words, pictures, authors and places that must not come in, and what holds one of them.

A file of lines, or of TOML when it is called `*.toml`:

    # a word or a phrase: whole, in any case      | words = ["some phrase"]
    some phrase
    author: A. Nyman                              | authors = ["A. Nyman"]
    source: https://photos.example/nyman/         | sources = ["https://photos.example/nyman/"]
    <64 hex digits>                               | sha256 = ["..."]
    phash:<16 hex digits>~<bits>                  | phash = ["0123456789abcdef~6"]
    picture: logo.png~6                           | pictures = ["logo.png~6"]

SHA-256 is of a picture's file. A perceptual hash of 64 bits also knows it scaled and encoded anew: so many of them may
differ. `picture` is that of a file, named from the list's folder. A source is what a photograph's sidecar or
XMP calls so, and blocked with all that begins like it.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Self
from unicodedata import category, normalize

from pydantic import BaseModel, ConfigDict, ValidationError

from infra.settings import Settings
from schemas.errors import Reject, UserError
from workers.photographic.reading import Unusable, read
from workers.pixelwise.arrays import Pixels, grey, shrunk
from workers.pixelwise.likeness import phash

NEAR = 6
"""Bits that may differ where none are given."""
FARTHEST = 20
"""From half of 64 bits on any two pictures are alike."""
_SHA256 = re.compile(r"[0-9a-f]{64}")
_PHASH = re.compile(r"([0-9a-f]{16})(?:~(\d{1,2}))?")
_NAMED = re.compile(r"(phash|picture|author|source|word)\s*:\s*(.+)")
_FIELDS = {"phash": "phash", "picture": "pictures", "author": "authors", "source": "sources", "word": "words"}
_WIDE = 0x2E80
"""Scripts from here on (Chinese, Japanese, ...) put no spaces between words."""


class Entries(BaseModel):
    """What a list says."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    words: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    sha256: tuple[str, ...] = ()
    phash: tuple[str, ...] = ()
    pictures: tuple[str, ...] = ()


@dataclass(frozen=True)
class Blocklist:
    """What must not come in; each question gives the entry that applies, "" where none does."""

    words: re.Pattern[str] | None = None
    authors: frozenset[str] = frozenset()
    sources: tuple[str, ...] = ()
    sha256: frozenset[str] = frozenset()
    hashes: tuple[tuple[int, int], ...] = ()

    @classmethod
    def of(cls, entries: Entries, hashes: Iterable[tuple[int, int]]) -> Self:
        """The list with these entries, and hashes with the bits that may differ."""
        words = sorted({folded(word) for word in entries.words} - {""}, key=lambda word: (-len(word), word))
        return cls(
            words=re.compile("|".join(map(_whole, words))) if words else None,
            authors=frozenset(folded(author) for author in entries.authors),
            sources=tuple(folded(source) for source in entries.sources),
            sha256=frozenset(one.lower() for one in entries.sha256),
            hashes=tuple(hashes),
        )

    def __bool__(self) -> bool:
        return any((self.words, self.authors, self.sources, self.sha256, self.hashes))

    def text(self, *texts: str) -> str:
        """The first word or phrase of the list that any of the texts holds."""
        if self.words is None:
            return ""
        return next((f"word {found[0]!r}" for text in texts if (found := self.words.search(folded(text)))), "")

    def maker(self, author: str, web: str) -> str:
        """The author, or where the source begins that a picture comes from."""
        if folded(author) in self.authors and author:
            return f"author {author!r}"
        where = folded(web)
        return next((f"source {source!r}" for source in self.sources if source and where.startswith(source)), "")

    def digest(self, sha256: str) -> str:
        """The SHA-256 of a picture's file."""
        return f"sha256 {sha256}" if sha256 in self.sha256 else ""

    def picture(self, pixels: Pixels) -> str:
        """The perceptual hash that a picture is near to; `pixels` is RGB."""
        if not self.hashes:
            return ""
        seen = picture_hash(pixels)
        return next((f"phash {one:016x}" for one, bits in self.hashes if (seen ^ one).bit_count() <= bits), "")

    def check(self, text: str) -> None:
        """Raise `Reject` for a text that holds a word of the list."""
        if found := self.text(text):
            raise Reject(f"the text that was written holds {found} of the blocklist")


def picture_hash(pixels: Pixels) -> int:
    """The perceptual hash of a picture, as lists mean it."""
    return phash(grey(shrunk(pixels, 512)))


def folded(text: str) -> str:
    """A text as it is compared: NFKC, no case, no invisible letters, one space between words."""
    seen = "".join(letter for letter in normalize("NFKC", text) if category(letter) != "Cf")
    return " ".join(normalize("NFKC", seen.casefold()).split())


def _whole(word: str) -> str:
    before = "" if ord(word[0]) >= _WIDE else f"(?<!{_part()})"
    return before + re.escape(word) + ("" if ord(word[-1]) >= _WIDE else f"(?!{_part()})")


@cache
def _part() -> str:
    """The pattern of what a word is made of: letters and digits, and marks on them, which `re` takes for none."""
    marks = "".join(letter for letter in map(chr, range(_WIDE)) if category(letter) in {"Mn", "Mc", "Me"})
    return rf"[\w{marks}]"


def configured(settings: Settings) -> Blocklist:
    """The list that the settings name; an empty one where they name none."""
    return Blocklist() if settings.blocklist is None else load(settings.blocklist)


def load(path: Path) -> Blocklist:
    """The list in a file; raises `UserError` in one line that names what is wrong where."""
    try:
        text = path.expanduser().read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise UserError(f"blocklist {path} cannot be read ({error})", "give a readable UTF-8 file") from None
    entries = _toml(path, text) if path.suffix.lower() == ".toml" else _lines(text)
    for digest in entries.sha256:
        if not _SHA256.fullmatch(digest.lower()):
            raise UserError(f"blocklist {path}: {digest!r} is no SHA-256", "give all its 64 hex digits")
    return Blocklist.of(entries, _hashes(path, entries))


def _toml(path: Path, text: str) -> Entries:
    try:
        return Entries.model_validate(tomllib.loads(text))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = ".".join(str(part) for part in first["loc"])
        known = ", ".join(Entries.model_fields)
        raise UserError(f"blocklist {path}: {name}: {first['msg']}", f"it has lists of texts called {known}") from None
    except (ValueError, RecursionError) as error:
        raise UserError(f"blocklist {path} is not TOML: {error}", "mend that line") from None


def _lines(text: str) -> Entries:
    found: dict[str, list[str]] = {}
    for line in map(str.strip, text.splitlines()):
        if not line or line.startswith("#"):
            continue
        named = _NAMED.fullmatch(line)
        if named:
            found.setdefault(_FIELDS[named[1]], []).append(named[2])
        elif line.startswith(("http://", "https://")):
            found.setdefault("sources", []).append(line)
        else:
            found.setdefault("sha256" if _SHA256.fullmatch(line.lower()) else "words", []).append(line)
    return Entries.model_validate(found)


def _hashes(path: Path, entries: Entries) -> Iterator[tuple[int, int]]:
    for entry in entries.phash:
        known = _PHASH.fullmatch(entry.strip().lower())
        if known is None:
            hint = "write 16 hex digits, and how many bits may differ, as in 0123456789abcdef~6"
            raise UserError(f"blocklist {path}: {entry!r} is no perceptual hash", hint)
        yield int(known[1], 16), _near(path, entry, known[2])
    for entry in entries.pictures:
        name, _, bits = entry.rpartition("~") if re.search(r"~\d{1,2}$", entry) else (entry, "", None)
        file = path.expanduser().parent / Path(name.strip()).expanduser()
        try:
            yield picture_hash(read(file.read_bytes(), 1.0).pixels), _near(path, entry, bits)
        except (OSError, Unusable) as error:
            raise UserError(f"blocklist {path}: picture {name.strip()}: {error}", "name a picture's file") from None


def _near(path: Path, entry: str, bits: str | None) -> int:
    near = NEAR if bits is None else int(bits)
    if near > FARTHEST:
        raise UserError(f"blocklist {path}: {entry!r} lets {near} bits differ", f"at most {FARTHEST}, or all is alike")
    return near

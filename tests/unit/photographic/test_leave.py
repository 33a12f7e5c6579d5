"""A photograph whose owner does not want it used for training is left out, however that is said; leave is noted."""

import json
import struct
from collections.abc import Callable
from pathlib import Path

import PIL.Image
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ExifTags
from PIL.PngImagePlugin import PngInfo

from tests.unit.photographic.scenes import photograph
from tests.unit.photographic.test_photos import intake, only_photo
from workers.photographic import markers, reserved, xmp
from workers.photographic.markers import Leave
from workers.plugin import Photo, Skipped

VOCABULARY = "http://ns.useplus.org/ldf/vocab/"
PROHIBITED = (
    "DMI-PROHIBITED", "DMI-PROHIBITED-AIMLTRAINING", "DMI-PROHIBITED-GENAIMLTRAINING",
    "DMI-PROHIBITED-EXCEPTSEARCHENGINEINDEXING", "DMI-PROHIBITED-SEECONSTRAINT",
    "DMI-PROHIBITED-SEEEMBEDDEDRIGHTSEXPR", "DMI-PROHIBITED-SEELINKEDRIGHTSEXPR",
)  # fmt: skip


def packet(inside: str = "", attributes: str = "") -> bytes:
    return (
        '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:tdm="http://www.w3.org/ns/tdmrep/" xmlns:cc="http://creativecommons.org/ns#" '
        'xmlns:xmpRights="http://ns.adobe.com/xap/1.0/rights/">'
        f'<rdf:Description rdf:about="" {attributes}>{inside}</rdf:Description></rdf:RDF></x:xmpmeta>'
    ).encode()


def save(path: Path, **how: object) -> Path:
    PIL.Image.fromarray(photograph()).save(path, **how)  # type: ignore[arg-type]
    return path


def left_out(path: Path) -> str:
    """The mark that keeps the only picture out."""
    (found,) = intake(path)
    assert isinstance(found, Skipped), found
    assert found.cause == "marker"
    assert found.reason == f"its owner does not want it used for training ({found.by})"
    return found.by


# --- inside the file --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", PROHIBITED)
def test_every_prohibition_of_plus_is_honoured(tmp_path: Path, value: str) -> None:
    path = save(tmp_path / "a.jpg", xmp=packet(attributes=f'plus:DataMining="{VOCABULARY}{value}"'))
    assert left_out(path) == f"plus:DataMining {value}"


@pytest.mark.parametrize("ending", [".jpg", ".png", ".webp", ".tif"])
@pytest.mark.parametrize(
    "written",
    [
        f"<plus:DataMining>{VOCABULARY}DMI-PROHIBITED</plus:DataMining>",
        f'<plus:DataMining rdf:resource="{VOCABULARY}DMI-PROHIBITED"/>',
        f"<plus:DataMining>{VOCABULARY}DMI-PROHIBITED</plus:Broken>",
    ],
    ids=["text", "resource", "broken XML"],
)
def test_it_is_found_however_it_is_written_and_in_every_format(tmp_path: Path, ending: str, written: str) -> None:
    path = tmp_path / f"a{ending}"
    if ending == ".png":
        text = PngInfo()
        text.add_itxt("XML:com.adobe.xmp", packet(written).decode(), zip=True)
        save(path, pnginfo=text)
    elif ending == ".tif":
        save(path, tiffinfo={700: packet(written)})
    else:
        save(path, xmp=packet(written))
    assert left_out(path) == "plus:DataMining DMI-PROHIBITED"


def test_an_owners_leave_is_noted(tmp_path: Path) -> None:
    path = save(tmp_path / "a.jpg", xmp=packet(attributes=f'plus:DataMining="{VOCABULARY}DMI-ALLOWED"'))
    assert only_photo(path).leave == "plus:DataMining DMI-ALLOWED"


@pytest.mark.parametrize("value", ["", "DMI-UNSPECIFIED"])
def test_what_is_unsaid_is_neither(tmp_path: Path, value: str) -> None:
    path = save(tmp_path / "a.jpg", xmp=packet(attributes=f'plus:DataMining="{VOCABULARY}{value}"'))
    assert only_photo(path).leave == ""


def test_a_reservation_in_xmp_is_honoured(tmp_path: Path) -> None:
    assert left_out(save(tmp_path / "a.jpg", xmp=packet("<tdm:reservation>1</tdm:reservation>"))) == "tdm-reservation 1"
    assert only_photo(save(tmp_path / "a.jpg", xmp=packet(attributes='tdm:reservation="0"'))).leave.endswith(" 0")


def assertion(label: str, use: str) -> bytes:
    """An assertion's boxes as JUMBF has them (ISO 19566-5): its name, then CBOR of {"entries": {...: {"use": use}}}."""
    entry = f"{label.partition('.')[0]}.ai_training".encode()
    cbor = b"\xa1gentries\xa1" + bytes([0x60 + len(entry)]) + entry + b"\xa1cuse" + bytes([0x60 + len(use)])
    cbor += use.encode()
    name = b"\x00" * 16 + b"\x03" + label.encode() + b"\0"
    boxes = struct.pack(">I4s", 8 + len(name), b"jumd") + name + struct.pack(">I4s", 8 + len(cbor), b"cbor") + cbor
    return struct.pack(">I4s", 8 + len(boxes), b"jumb") + boxes


@pytest.mark.parametrize("label", ["c2pa.training-mining", "cawg.training-mining"])
@pytest.mark.parametrize("use", ["notAllowed", "constrained"])
def test_a_manifests_assertion_is_honoured_inside_and_beside_the_file(tmp_path: Path, label: str, use: str) -> None:
    plain = save(tmp_path / "a.jpg").read_bytes()
    manifest = b"JP\0\1\0\0\0\1" + assertion(label, use)
    inside = tmp_path / "b.jpg"
    inside.write_bytes(plain[:2] + b"\xff\xeb" + struct.pack(">H", len(manifest) + 2) + manifest + plain[2:])
    assert left_out(inside) == f"C2PA {label}"
    (tmp_path / "a.c2pa").write_bytes(assertion(label, use))
    assert left_out(tmp_path / "a.jpg") == f"C2PA {label}"


def test_a_manifest_that_allows_or_says_nothing_keeps_nothing_out(tmp_path: Path) -> None:
    path = save(tmp_path / "a.jpg")
    (tmp_path / "a.c2pa").write_bytes(assertion("c2pa.training-mining", "allowed") + assertion("c2pa.actions", "x"))
    assert isinstance(only_photo(path), Photo)


def iptc(record: int, value: bytes) -> bytes:
    """An APP13 segment with one IPTC record of the application (2)."""
    entry = b"\x1c\x02" + bytes([record]) + struct.pack(">H", len(value)) + value
    block = b"8BIM\x04\x04\0\0" + struct.pack(">I", len(entry)) + entry + b"\0" * (len(entry) % 2)
    body = b"Photoshop 3.0\0" + block
    return b"\xff\xed" + struct.pack(">H", len(body) + 2) + body


def keyworded_iptc(path: Path) -> Path:
    plain = save(path.with_suffix(".jpg")).read_bytes()
    path.with_suffix(".jpg").write_bytes(plain[:2] + iptc(25, b"NoAI") + plain[2:])
    return path.with_suffix(".jpg")


def keyworded_exif(path: Path) -> Path:
    exif = PIL.Image.Exif()
    exif[ExifTags.Base.XPKeywords] = "beach; noai".encode("utf-16-le")
    return save(path.with_suffix(".jpg"), exif=exif)


def keyworded_png(path: Path) -> Path:
    text = PngInfo()
    text.add_text("Keywords", "beach, noai")
    return save(path.with_suffix(".png"), pnginfo=text)


def keyworded_xmp(path: Path) -> Path:
    subject = "<dc:subject><rdf:Bag><rdf:li>beach</rdf:li><rdf:li>noai</rdf:li></rdf:Bag></dc:subject>"
    return save(path.with_suffix(".jpg"), xmp=packet(subject))


@pytest.mark.parametrize("write", [keyworded_iptc, keyworded_exif, keyworded_png, keyworded_xmp])
def test_the_keyword_noai_is_honoured(tmp_path: Path, write: Callable[[Path], Path]) -> None:
    assert left_out(write(tmp_path / "a")) == "keyword noai"


def test_only_whole_keywords_count() -> None:
    assert markers.keyword(["noairport", "anoai", "no ai"]) == Leave()
    assert markers.keyword(["NoImageAI"]).forbids == "keyword noimageai"


# --- beside the file --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("says", "mark"),
    [
        ({"train": False}, "sidecar train: false"), ({"train": "no"}, "sidecar train: false"),
        ({"noai": True}, "sidecar noai: true"), ({"noai": "yes"}, "sidecar noai: true"),
        ({"tdm-reservation": 1}, "sidecar tdm-reservation 1"), ({"tdm_reservation": "1"}, "sidecar tdm-reservation 1"),
        ({"keywords": ["beach", "noai"]}, "keyword noai"),
        ({"DataMining": VOCABULARY + PROHIBITED[1]}, f"plus:DataMining {PROHIBITED[1]}"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["a.json", "a.png.json"])
def test_a_sidecars_no_is_honoured(tmp_path: Path, says: dict[str, object], mark: str, name: str) -> None:
    path = save(tmp_path / "a.png")
    (tmp_path / name).write_text(json.dumps(says))
    assert left_out(path) == mark


@pytest.mark.parametrize(
    ("says", "leave"), [({"train": True}, "sidecar train: true"), ({"noai": False}, ""), ({"train": None}, "")]
)
def test_a_sidecars_yes_is_noted(tmp_path: Path, says: dict[str, object], leave: str) -> None:
    path = save(tmp_path / "a.png")
    (tmp_path / "a.json").write_text(json.dumps(says))
    assert only_photo(path).leave == leave


def test_a_no_anywhere_goes_before_every_yes(tmp_path: Path) -> None:
    path = save(tmp_path / "a.jpg", xmp=packet(attributes=f'plus:DataMining="{VOCABULARY}DMI-PROHIBITED"'))
    (tmp_path / "a.json").write_text(json.dumps({"train": True}))
    assert left_out(path) == "plus:DataMining DMI-PROHIBITED"


@pytest.mark.parametrize("name", ["a.xmp", "a.jpg.xmp"])
def test_a_sidecar_of_xmp_counts_like_xmp_inside(tmp_path: Path, name: str) -> None:
    path = save(tmp_path / "a.jpg")
    (tmp_path / name).write_bytes(packet(attributes=f'plus:DataMining="{VOCABULARY}DMI-PROHIBITED"'))
    assert left_out(path) == "plus:DataMining DMI-PROHIBITED"


def test_rights_are_read_from_xmp_where_nothing_nearer_says_them(tmp_path: Path) -> None:
    creator = "<dc:creator><rdf:Seq><rdf:li>A. Nyman</rdf:li></rdf:Seq></dc:creator>"
    rights = '<dc:rights><rdf:Alt><rdf:li xml:lang="x-default">© A. Nyman</rdf:li></rdf:Alt></dc:rights>'
    source = "<dc:source>https://photos.example/7</dc:source>"
    statement = 'xmpRights:WebStatement="https://creativecommons.org/licenses/by/4.0/"'
    found = only_photo(save(tmp_path / "a.jpg", xmp=packet(creator + rights + source, statement)))
    assert (found.licence, found.author, found.web) == ("CC-BY-4.0", "A. Nyman", "https://photos.example/7")
    assert found.words == "https://creativecommons.org/licenses/by/4.0/"
    linked = packet('<cc:license rdf:resource="http://creativecommons.org/publicdomain/zero/1.0/"/>')
    assert only_photo(save(tmp_path / "a.jpg", xmp=linked), licence="by option").licence == "CC0-1.0"
    assert only_photo(save(tmp_path / "a.jpg", xmp=packet(rights)), licence="CC0").licence == "© A. Nyman"
    (tmp_path / "a.json").write_text(json.dumps({"licence": "CC BY-SA 4.0", "source": "https://else.example"}))
    beside = only_photo(save(tmp_path / "a.jpg", xmp=linked))
    assert (beside.licence, beside.web) == ("CC-BY-SA-4.0", "https://else.example")


def test_only_admitted_licences_come_in(tmp_path: Path) -> None:
    save(tmp_path / "a.png")
    save(
        tmp_path / "b.jpg",
        xmp=packet(attributes='xmpRights:WebStatement="https://creativecommons.org/licenses/by-nc/4.0/"'),
    )
    first, second = intake(tmp_path, licences="CC0-1.0|CC-BY-4.0")
    assert isinstance(first, Skipped)
    assert isinstance(second, Skipped)
    assert (first.cause, first.by) == ("licence", "none said")
    assert first.reason == "nothing says its licence, and only CC0-1.0|CC-BY-4.0 are admitted"
    assert (second.cause, second.by) == ("licence", "CC-BY-NC-4.0")
    assert only_photo(tmp_path / "a.png", licences="CC0-1.0|CC-BY-4.0", licence="CC0").licence == "CC0-1.0"


# --- of the folder ----------------------------------------------------------------------------------------------------


@pytest.fixture
def deep(tmp_path: Path) -> Path:
    """The only picture, at summer/sea/a.png of the folder."""
    (tmp_path / "summer" / "sea").mkdir(parents=True)
    return save(tmp_path / "summer" / "sea" / "a.png")


@pytest.mark.parametrize("above", ["", "summer", "summer/sea"])
def test_a_folder_that_says_noai_is_left_out_with_all_below(tmp_path: Path, deep: Path, above: str) -> None:
    (tmp_path / above / ".noai").touch()
    (found,) = intake(tmp_path)
    assert isinstance(found, Skipped)
    assert found.by == ".noai"


TDMREP = [
    ([{"location": "/", "tdm-reservation": 1}], "tdmrep.json: tdm-reservation 1", ""),
    ([{"location": "/summer/*.png", "tdm-reservation": 1, "tdm-policy": "https://x"}], "tdmrep.json: ", ""),
    ({"location": "/summer/sea/a.png$", "tdm-reservation": 1}, "tdmrep.json: ", ""),
    ([{"location": "/summer/", "tdm-reservation": 0}, {"location": "/", "tdm-reservation": 1}], "", "tdmrep.json: "),
    ([{"location": "/winter", "tdm-reservation": 1}], "", ""),
    ([{"location": "/", "tdm-reservation": 7}], "", ""),
]


@pytest.mark.parametrize(("rules", "forbids", "lets"), TDMREP)
@pytest.mark.parametrize("name", ["tdmrep.json", ".well-known/tdmrep.json"])
def test_tdmreps_rules_are_kept(
    tmp_path: Path, deep: Path, rules: object, forbids: str, lets: str, name: str
) -> None:  # fmt: skip
    (tmp_path / ".well-known").mkdir()
    (tmp_path / name).write_text(json.dumps(rules))
    (found,) = intake(tmp_path)
    if forbids:
        assert isinstance(found, Skipped)
        assert found.by.startswith(forbids)
    else:
        assert isinstance(found, Photo)
        assert found.leave.startswith(lets)
        assert bool(found.leave) == bool(lets)


@pytest.mark.parametrize(
    ("rules", "forbids"),
    [
        ("User-Agent: *\nDisallow: /\n", True),
        ("# ours\nUser-agent: *\nDisallow: *.png # pictures\n", True),
        ("User-Agent: *\nDisallow: /\nAllow: /summer/\n", False),
        ("User-Agent: *\nAllow: /\nDisallow: /summer/sea/\n", True),
        ("User-Agent: SomeBot\nDisallow: /\n", False),
        ("User-Agent: SomeBot\nUser-Agent: *\nDisallow: /\n", True),
        ("User-Agent: *\nDisallow:\n", False),
        ("An ai.txt of prose: nothing to obey.", False),
    ],
)
def test_ai_txts_rules_are_kept(tmp_path: Path, deep: Path, rules: str, forbids: bool) -> None:
    (tmp_path / "ai.txt").write_text(rules)
    (found,) = intake(tmp_path)
    assert isinstance(found, Skipped if forbids else Photo)
    assert not isinstance(found, Skipped) or found.by == "ai.txt"


def test_rules_that_cannot_be_read_keep_their_folder_out(tmp_path: Path, deep: Path) -> None:
    (tmp_path / "tdmrep.json").write_text("{")
    (found,) = intake(tmp_path)
    assert isinstance(found, Skipped)
    assert found.reason.startswith("its folder's tdmrep.json cannot be read")


@pytest.mark.parametrize(
    ("pattern", "where", "wanted"),
    [("/a", "/a/b", True), ("/a$", "/a/b", False), ("*.png", "/a/b.png", True), ("a", "/a", True),
     ("/%7Ea", "/~a", True), ("/a*c", "/abbbc", True), ("/A", "/a", False), ("", "/a", True)],
)  # fmt: skip
def test_a_rule_is_about_a_location_as_rfc_9309_says(pattern: str, where: str, wanted: bool) -> None:
    assert reserved.matches(pattern, where) is wanted


# --- hostile ----------------------------------------------------------------------------------------------------------


@given(st.binary(max_size=400))
def test_no_bytes_break_the_reading_of_marks(data: bytes) -> None:
    noise = b"<rdf:RDF" + data + b"</rdf:RDF>" + data
    packets = list(xmp.packets(noise))
    markers.inside(noise, packets, xmp.properties(packets), ())


def test_entities_are_never_defined_and_so_never_unfold() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;">]>' + packet("<dc:source>&b;</dc:source>")
    assert xmp.properties(xmp.packets(bomb)) == {}

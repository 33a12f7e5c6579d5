"""What XMP says of a picture: XMP is RDF in XML, inside the file or in a file beside it (ISO 16684-1).

A packet is read from `<rdf:RDF` to its end, wherever it lies in the file: every format keeps it as it is. What comes
before that element, and with it every definition of an entity, is never given to the parser.
"""

from collections.abc import Iterable, Iterator, Mapping
from xml.etree import ElementTree

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
DC = "{http://purl.org/dc/elements/1.1/}"
RIGHTS = "{http://ns.adobe.com/xap/1.0/rights/}"
CC = "{http://creativecommons.org/ns#}"
PLUS = "{http://ns.useplus.org/ldf/xmp/1.0/}"
TDM = "{http://www.w3.org/ns/tdmrep/}"
_BEGIN, _END = b"<rdf:RDF", b"</rdf:RDF>"
MOST, LARGEST = 8, 1 << 20
"""Packets looked at in one file, and bytes of one that is parsed."""

Properties = Mapping[str, tuple[str, ...]]
"""The values of each property, by "{namespace}name"."""


def packets(data: bytes) -> Iterator[bytes]:
    """The packets of a file, as they lie in it."""
    at = 0
    for _ in range(MOST):
        begin = data.find(_BEGIN, at)
        end = data.find(_END, begin)
        if begin < 0 or end < 0:
            return
        at = end + len(_END)
        yield data[begin:at]


def properties(found: Iterable[bytes]) -> Properties:
    """What these packets say, together; one that is no XML, or too large, says nothing."""
    said: dict[str, tuple[str, ...]] = {}
    for packet in found:
        for name, values in _parsed(packet):
            said[name] = (*said.get(name, ()), *values)
    return said


def _parsed(packet: bytes) -> list[tuple[str, list[str]]]:
    if len(packet) > LARGEST:
        return []
    try:
        root = ElementTree.fromstring(packet)
    except (ElementTree.ParseError, ValueError):
        return []
    return [told for description in root.iter(f"{RDF}Description") for told in _described(description)]


def _described(description: "ElementTree.Element[str]") -> Iterator[tuple[str, list[str]]]:
    for name, value in description.attrib.items():
        if name.startswith("{") and not name.startswith(RDF):
            yield name, [value]
    for child in description:
        items = [item.text or "" for item in child.iter(f"{RDF}li")]
        linked = [value for name, value in child.attrib.items() if name == f"{RDF}resource"]
        yield child.tag, [value for value in (*linked, *(items or [child.text or ""])) if value.strip()]

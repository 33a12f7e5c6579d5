"""Damage to bytes and to what they say, at random but repeatable."""

import json
import math
import random
import struct
from collections.abc import Callable, Mapping
from typing import Any

import msgpack

Tree = Any
"""Nested dicts, lists and plain values, as msgpack and JSON know them."""

DEPTHS = (30, 300, 990, 1100, 5000, 100_000)
ODD: tuple[Tree, ...] = (
    None, True, False, 0, -1, 1, 2**31, 2**63 - 1, -(2**63), 2**64 - 1, 0.5, -0.0, 1e308, math.inf, -math.inf, math.nan,
    "", "x", "\0", "../up", "/", ".hidden", "a//b", "9" * 30, "9" * 5000, "1e400", "nan", "x" * 300, "x" * 70_000,
    "字" * 2000, "\u2028\n\r", "\U0001f600", b"", b"\xff\x00", [], {}, [[]], [None] * 40, {"": None}, {"format": 2},
    ["x"] * 20_000, {str(number): 1.0 for number in range(3000)},
)  # fmt: skip


def broken(rng: random.Random, data: bytes, other: bytes) -> bytes:
    """The bytes cut, flipped, repeated or joined with others; or bytes of no meaning at all."""
    damages: tuple[Callable[[random.Random, bytes, bytes], bytes], ...] = (
        _cut, _flipped, _flipped, _flipped, _spliced, _stuffed, _noise, _nested, _lied,
    )  # fmt: skip
    return rng.choice(damages)(rng, data, other)


def _cut(rng: random.Random, data: bytes, _other: bytes) -> bytes:
    end = rng.randrange(len(data) + 1)
    return data[:end] if rng.random() < 0.7 else data[end:]


def _flipped(rng: random.Random, data: bytes, _other: bytes) -> bytes:
    found = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 4, 16)) if found else 0):
        found[rng.randrange(len(found))] ^= 1 << rng.randrange(8)
    return bytes(found)


def _spliced(rng: random.Random, data: bytes, other: bytes) -> bytes:
    return data[: rng.randrange(len(data) + 1)] + other[rng.randrange(len(other) + 1) :]


def _stuffed(rng: random.Random, data: bytes, _other: bytes) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] + rng.randbytes(rng.choice((1, 8, 64))) + data[at:]


def _noise(rng: random.Random, _data: bytes, _other: bytes) -> bytes:
    return rng.randbytes(rng.choice((0, 1, 2, 7, 50, 500)))


def _nested(rng: random.Random, data: bytes, _other: bytes) -> bytes:
    """Lists in lists, or maps in maps, deeper than any reader wants to go; alone or in place of the end."""
    opening = rng.choice((b"\x91", b"\x81\xa1a", b"[", b'{"a":'))
    return data[: rng.choice((0, rng.randrange(len(data) + 1)))] + opening * rng.choice(DEPTHS)


def _lied(rng: random.Random, data: bytes, _other: bytes) -> bytes:
    """A length of thousands of millions, for what is not there."""
    header = rng.choice((b"\xdb", b"\xc6", b"\xdd", b"\xdf", b"\xc9")) + struct.pack(
        ">I", rng.choice((2**31, 2**32 - 1))
    )
    at = rng.choice((0, rng.randrange(len(data) + 1)))
    return data[:at] + header + data[at:]


def confused(rng: random.Random, tree: Tree, other: Tree) -> Tree:
    """The tree with one to three of its parts replaced, dropped, doubled or taken from `other`."""
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        tree = _changed(rng, tree, other)
    return tree


def _changed(rng: random.Random, tree: Tree, other: Tree) -> Tree:
    """The tree with a change somewhere: here, or further in."""
    if isinstance(tree, Mapping) and tree and rng.random() < 0.85:
        name = rng.choice(sorted(tree, key=str))
        action = rng.random()
        if action < 0.1:
            return {key: value for key, value in tree.items() if key != name}
        if action < 0.15:
            return {**tree, rng.choice(("", "x" * 300, "format", "type")): rng.choice(ODD)}
        return {**tree, name: _changed(rng, tree[name], other)}
    if isinstance(tree, list | tuple) and tree and rng.random() < 0.8:
        at = rng.randrange(len(tree))
        if rng.random() < 0.2:
            return [*tree[:at], *([tree[at]] * rng.choice((0, 2, 40))), *tree[at + 1 :]]
        return [*tree[:at], _changed(rng, tree[at], other), *tree[at + 1 :]]
    return _part(rng, other) if rng.random() < 0.25 else rng.choice(ODD)


def _part(rng: random.Random, tree: Tree) -> Tree:
    """Some part of a tree."""
    while rng.random() < 0.8:
        if isinstance(tree, Mapping) and tree:
            tree = tree[rng.choice(sorted(tree, key=str))]
        elif isinstance(tree, list | tuple) and tree:
            tree = rng.choice(tree)
        else:
            break
    return tree


def fuzzed_msgpack(rng: random.Random, data: bytes, other: bytes) -> bytes:
    """Packed bytes that say something odd, or nothing."""
    if rng.random() < 0.5:
        return broken(rng, data, other)
    packed: bytes = msgpack.packb(confused(rng, msgpack.unpackb(data), msgpack.unpackb(other)))
    return packed


def fuzzed_json(rng: random.Random, data: bytes, other: bytes) -> bytes:
    """JSON text that says something odd, or no JSON at all."""
    if rng.random() < 0.5:
        return broken(rng, data, other)
    tree = confused(rng, json.loads(data), json.loads(other))
    text = json.dumps(tree, default=lambda value: value.decode("latin-1"))
    if rng.random() < 0.2:  # what the encoder never writes
        text = text.replace("1", rng.choice(("1" * 5000, "1e999", "\\ud800", "0x1")), 1)
    if rng.random() < 0.1:
        text = text.replace('"x', '"\\ud800x')
    return text.encode("utf-8", "surrogatepass")

"""A policy with the bars that calibration found, as TOML that says what each came from."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from schemas.errors import UserError
from schemas.taxonomy import taxonomy
from streams.calibrating.bars import Aim
from streams.calibrating.findings import Findings
from streams.rules.policy import Policy

BARE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")
SUFFIX = "-calibrated"


def policy(base: Policy, found: Sequence[Findings]) -> str:
    """The TOML of `base` with calibrated bars for those judges, and for operation groups where there is one judge.

    A policy's bars of an operation hold for all judges, hence no groups where there are several. Raises `UserError`
    where no bar was found, or for two recipes of one judge: bars go by the judge's name.
    """
    names = [one.judge.partition("@")[0] for one in found]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        recipes = ", ".join(one.judge for one in found if one.judge.partition("@")[0] == twice)
        raise UserError(f"a policy has one bar for {twice}, these are several of it: {recipes}", "choose by --judge")
    if all(one.bar.value is None for one in found):
        raise UserError("no bar was found that a policy could have", "label more pairs, or ask for less --precision")
    raw = base.model_dump(mode="json", exclude_defaults=True, exclude_none=True)
    raw["name"] = f"{base.name.removesuffix(SUFFIX)[: 64 - len(SUFFIX)]}{SUFFIX}"
    raw["summary"] = f"{base.summary or base.name}; bars from what people labelled"
    judge = {"adherence": base.judge.adherence, "aesthetics": base.judge.aesthetics, **raw.get("judge", {})}
    raw["judge"] = judge
    said = [_judge(name, one, judge) for name, one in zip(names, found, strict=True)]
    if len(found) == 1:
        said += _groups(found[0], judge)
    return "".join(f"{line}\n" for line in (*_head(base, found[0].aim), *said, "", *_table({"format": 1, **raw})))


def _head(base: Policy, aim: Aim) -> Iterator[str]:
    sure = " by the lower end of its 95 % interval" if aim.sure else ""
    yield f"# Bars by `nhr calibrate`, on top of policy {base.name!r} (id {base.policy_id})."
    yield f"# Each is the least at which {aim.precision:.3g} of the labelled pairs that reach it are good{sure};"
    yield f"# good is what people score above {aim.positive:g} on both scales."
    if base.judge.operations:
        yield f"# What it says of {', '.join(sorted(base.judge.operations))} stays, unless told below."


def _judge(name: str, one: Findings, judge: dict[str, Any]) -> str:
    if one.bar.value is None:
        return f"# Judge {one.judge}: {one.bar.words}; bars as before."
    judge.setdefault("judges", {})[name] = {"adherence": one.bar.value, "aesthetics": one.bar.value}
    return f"# Judge {one.judge}: {one.bar.words}, {one.labels} labels by {one.raters} raters."


def _groups(one: Findings, judge: dict[str, Any]) -> Iterator[str]:
    for group, bar in one.groups.items():
        names = [name for name, operation in taxonomy().operations.items() if operation.group == group]
        if bar.value is None or not names:
            yield f"#   {group}: {bar.words}; follows the judge's bar."
            continue
        tables = judge.setdefault("operations", {})
        tables.update({name: {"adherence": bar.value, "aesthetics": bar.value} for name in names})
        yield f"#   {group} ({', '.join(names)}): {bar.words}."


def _table(values: Mapping[str, Any], path: Sequence[str] = ()) -> Iterator[str]:
    """A table of TOML: its plain values and smallest tables a line each, then the larger ones under their own names."""
    small = {name: value for name, value in values.items() if not _large(value, len(path))}
    if path and small:
        yield ""
        yield f"[{'.'.join(_key(name) for name in path)}]"
    for name, value in small.items():
        yield f"{_key(name)} = {_value(value)}"
    for name, value in values.items():
        if name not in small:
            yield from _table(value, (*path, name))


def _large(value: Any, depth: int) -> bool:
    """Whether a value gets a heading: a table of tables does, and everything that a policy has at its top."""
    return isinstance(value, Mapping) and (not depth or any(isinstance(one, Mapping) for one in value.values()))


def _key(name: str) -> str:
    return name if name and BARE.issuperset(name) else _value(name)


def _value(value: Any) -> str:
    """As TOML; what JSON calls numbers, truths, lists and texts TOML does too, but for the character DEL."""
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{_key(name)} = {_value(one)}' for name, one in value.items())} }}" if value else "{}"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")

"""A policy with single values replaced: `judge.adherence=4.5`."""

import re
import tomllib
from collections.abc import Sequence
from typing import Any

from schemas.errors import UserError
from streams.rules.policy import Policy, validated

LONGEST_NAME = 64
_HINT = "write a field of the policy and its value, such as judge.adherence=4.5 (`nhr policy show paper`)"


def revised(policy: Policy, settings: Sequence[str]) -> Policy:
    """`policy` with each PATH=VALUE (TOML: a dotted key and a value) put in; raises `UserError`.

    What is changed is told by the name, unless a setting gives one.
    """
    if not settings:
        return policy
    raw = policy.model_dump(mode="json", exclude_none=True, exclude={"summary"})
    raw["name"] = _name(policy.name, settings)
    for setting in settings:
        _merge(raw, _parsed(setting))
    return validated(raw, f"{policy.name} with {', '.join(settings)}")


def _parsed(setting: str) -> dict[str, Any]:
    path, separator, value = setting.partition("=")
    if not separator or not path.strip() or not value.strip():
        raise UserError(f"--set {setting!r} is no PATH=VALUE", _HINT)
    quoted = value.strip().replace("\\", "\\\\").replace('"', '\\"')
    for text in (value, f'"{quoted}"'):  # a bare word stands for itself
        try:
            return tomllib.loads(f"{path} = {text}")
        except tomllib.TOMLDecodeError:
            continue
    raise UserError(f"--set {setting!r}: {path.strip()!r} is no path", _HINT)


def _merge(into: dict[str, Any], given: dict[str, Any]) -> None:
    for name, value in given.items():
        if isinstance(value, dict) and isinstance(into.get(name), dict):
            _merge(into[name], value)
        else:
            into[name] = value


def _name(name: str, settings: Sequence[str]) -> str:
    """The policy's name with the last word of each setting's path and its value: `paper-adherence-4.5`."""
    told = [name]
    for setting in settings:
        path, _, value = setting.partition("=")
        told += [path.rpartition(".")[2], value]
    words = [re.sub(r"[^a-z0-9._-]+", "-", word.lower()).strip("-") for word in told]
    return "-".join(words)[:LONGEST_NAME].strip("-")

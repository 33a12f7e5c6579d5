"""Whether plug-ins can work here: packages, weights, keys, and what they find out themselves; nothing is loaded."""

import re
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from infra.settings import PREFIX, Settings
from infra.wiring import access
from schemas.errors import UserError
from workers import chain, roster
from workers.plugin import PlugIn

Check = tuple[bool, str, str]
"""Whether all is well, what was looked at, and how to mend it."""

KEYED = ("gemini", "openai")
"""Services with a key of their own; a plug-in's `INFO.extra` says which one it asks."""
INSTEAD_OF_A_KEY = ("url", "project", "account")
"""Options that name a server of one's own, or another way to log in."""


def of_plugins(named: Mapping[str, str], settings: Settings) -> list[Check]:
    """The checks of the plug-ins named, by kind; of all whose keys are set where none is."""
    checks: list[Check] = []
    for kind, text in named.items() or _keyed(settings):
        try:
            plugin = chain.parse(text)[1] if kind == "screen" else roster.parse(kind, text)
        except (UserError, ImportError) as error:
            checks.append((False, f"{kind} {text}", str(error)))
        else:
            checks += _of(f"{kind} {text.partition(':')[0]}", plugin, settings)
    return checks


def _keyed(settings: Settings) -> list[tuple[str, str]]:
    """Every plug-in that asks a service whose key is set, and needs no option."""
    asked = {one for one in KEYED if getattr(settings, f"{one}_key_file") or getattr(settings, f"{one}_key")}
    found = ((kind, name, roster.plugin_class(kind, name)) for kind in roster.FOLDERS for name in roster.names(kind))
    return [
        (kind, name)
        for kind, name, cls in found
        if cls.INFO.extra in asked and not any(field.is_required() for field in cls.OPTIONS.model_fields.values())
    ]


def _of(name: str, plugin: PlugIn[Any], settings: Settings) -> Iterator[Check]:
    extra, options = plugin.INFO.extra, plugin.options.model_dump()
    missing = [package for package in packages(extra) if not _installed(package)]
    if extra:
        yield not missing, f"{name}: packages of {extra}", f'{", ".join(missing)} missing: pip install "nhr[{extra}]"'
    weights = str(options.get("model") or "")
    if weights.startswith(("/", "./", "../", "~")):
        found = Path(weights).expanduser().exists()
        yield found, f"{name}: weights at {weights}", "nothing is there; mount them or give another model="
    plugin.access = access(settings, None)
    if extra in KEYED:
        yield _key(name, extra, plugin, any(options.get(option) for option in INSTEAD_OF_A_KEY))
    if missing:
        return  # it could ask nobody
    try:
        found_out = plugin.check()
    except Exception as error:  # noqa: BLE001 - a plug-in may raise anything; the other checks are wanted all the same
        found_out = [f"{type(error).__name__}: {error}"]
    for line in found_out:
        yield False, name, " ".join(line.split())
    if not found_out and type(plugin).check is not PlugIn.check:
        yield True, f"{name}: asked, and finds nothing wrong", ""


def _key(name: str, service: str, plugin: PlugIn[Any], other_way: bool) -> Check:
    setting = f"{PREFIX}{service.upper()}_KEY"
    try:
        given = plugin.access.key(service)
    except UserError as error:
        return False, f"{name}: key of {service}", str(error)
    if not given and other_way:
        return True, f"{name}: no key of {service}, another way to log in is given", ""
    return bool(given), f"{name}: key of {service}", f"set {setting}_FILE or {setting}"


def packages(extra: str) -> list[str]:
    """The packages that an extra of ours brings, or several ("content,nsfw")."""
    try:
        needed = metadata.requires("nhr") or []
    except metadata.PackageNotFoundError:
        return []
    either = "|".join(re.escape(one) for one in extra.split(","))
    marked = re.compile(rf"""extra\s*==\s*["'](?:{either})["']""")
    names = (re.match(r"[A-Za-z0-9._-]+", line) for line in needed if extra and marked.search(line))
    return [name[0] for name in names if name]


def _installed(package: str) -> bool:
    try:
        metadata.version(package)
    except metadata.PackageNotFoundError:
        return False
    return True

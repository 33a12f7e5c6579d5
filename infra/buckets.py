"""The S3 bucket as it should be, what differs, and how that is mended; nothing is deleted, nobody's rules change."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from xml.etree import ElementTree as ET

from infra.s3 import Client
from infra.settings import Settings
from infra.wiring import s3_client
from schemas.errors import UserError

SCRATCH = "scratch/"
ANSWERS = "answers/"
ASKED = "asked/"
"""Standing answers save a job that comes again from being paid for twice. Work topics keep messages for fewer days than
S3 keeps answers, so what comes later was sent anew (a redrive, a sweep): then the model is asked once more."""
UPLOADS_DAYS = 7
"""After so many days the parts of an upload that was never finished go."""

SPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
HOME = "us-east-1"
"""The region that a bucket is created in when none is asked for, and that must not be asked for."""

_NO_RULES = frozenset({"NoSuchLifecycleConfiguration", "NoSuchLifecycle"})
_UNABLE = frozenset({400, 405, 501})


class Rule(NamedTuple):
    """A lifecycle rule of ours: what happens to keys below `prefix` after `days`."""

    name: str
    prefix: str
    deed: str
    unit: str
    days: int
    words: str

    def __str__(self) -> str:
        """For people."""
        return f"{self.words} after {self.days} days"


class Change(NamedTuple):
    """What differs: what it is about, what it is and what it would be."""

    what: str
    is_: str
    would_be: str


@dataclass(frozen=True)
class Plan:
    """All that differs, and what people should know besides."""

    bucket: str
    changes: Sequence[Change]
    warnings: Sequence[str]


class _State(NamedTuple):
    """What is there: whether the bucket stands, its rules (None: the server keeps none), whether it keeps versions."""

    stands: bool
    rules: Sequence[ET.Element] | None
    versions: bool


def wanted(settings: Settings) -> tuple[Rule, ...]:
    """The lifecycle rules that the settings ask for."""
    days = settings.s3_scratch_days
    return (
        Rule("nhr-scratch", SCRATCH, "Expiration", "Days", days, f"{SCRATCH} is removed"),
        Rule("nhr-answers", ANSWERS, "Expiration", "Days", days, f"{ANSWERS} is removed"),
        Rule("nhr-asked", ASKED, "Expiration", "Days", days, f"{ASKED} is removed"),
        Rule(
            "nhr-uploads", "", "AbortIncompleteMultipartUpload", "DaysAfterInitiation", UPLOADS_DAYS,
            "unfinished uploads are removed",
        ),
    )  # fmt: skip


def plan(settings: Settings) -> Plan:
    """What differs from what the settings ask for; raises `UserError` where S3 is away or refuses."""
    with s3_client(settings) as client:
        return _plan(client, _look(client))


def apply(settings: Settings) -> Plan:
    """Create the bucket and set our rules; gives what was done. Raises like `plan`, and where conditions are ignored.

    It may be repeated, and run by several at once.
    """
    with s3_client(settings) as client:
        state = _look(client)
        if not state.stands:
            _create(client)
            state = _look(client)
            found = _plan(client, state._replace(stands=False))
        else:
            found = _plan(client, state)
        client.check()
        if state.rules is not None and _amiss(settings, state.rules):
            _set(client, state.rules)
        return found


# --- what differs -----------------------------------------------------------------------------------------------------


def _look(client: Client) -> _State:
    answer = client.bucket("GET", {"list-type": "2", "max-keys": "1"})
    if answer.code == "NoSuchBucket":
        return _State(False, [], False)
    if answer.status != 200:
        raise client.refusal("listing", answer)
    versioning = client.bucket("GET", {"versioning": ""})
    return _State(True, _rules(client), versioning.status == 200 and b">Enabled<" in versioning.body)


def _rules(client: Client) -> Sequence[ET.Element] | None:
    """Everybody's rules, without XML name spaces; None where the server keeps none."""
    answer = client.bucket("GET", {"lifecycle": ""})
    if answer.code in _NO_RULES:
        return []
    if answer.status in _UNABLE:
        return None
    if answer.status != 200:
        raise client.refusal("reading lifecycle rules", answer)
    try:
        root = ET.fromstring(answer.body)
    except ET.ParseError as error:
        raise UserError(f"S3 at {client.settings.s3} gave no lifecycle rules ({error})", "check NHR_S3") from None
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root.findall("Rule")


def _plan(client: Client, state: _State) -> Plan:
    settings, changes, warnings = client.settings, list[Change](), list[str]()
    if not state.stands:
        changes.append(Change("bucket", "", settings.s3_bucket))
    if state.rules is None:
        warnings.append(
            f"this server keeps no lifecycle rules: {SCRATCH} and {ANSWERS} grow until somebody removes what is older "
            f"than {settings.s3_scratch_days} days there"
        )
    else:
        changes += _amiss(settings, state.rules)
    if state.versions:
        warnings.append("the bucket keeps versions: every save of a ledger stays, unless a rule expires old versions")
    return Plan(settings.s3_bucket, changes, warnings)


def _amiss(settings: Settings, rules: Sequence[ET.Element]) -> list[Change]:
    there = {one.findtext("ID"): one for one in rules}
    found = []
    for rule in wanted(settings):
        now = there.get(rule.name)
        if now is None:
            found.append(Change(f"rule {rule.name}", "", str(rule)))
        elif not _is(now, rule):
            found.append(Change(f"rule {rule.name}", _told(now, rule), str(rule)))
    return found


def _is(element: ET.Element, rule: Rule) -> bool:
    prefix = element.findtext("Filter/Prefix") or element.findtext("Prefix") or ""
    days = element.findtext(f"{rule.deed}/{rule.unit}")
    return (prefix, days, element.findtext("Status")) == (rule.prefix, str(rule.days), "Enabled")


def _told(element: ET.Element, rule: Rule) -> str:
    days = element.findtext(f"{rule.deed}/{rule.unit}")
    return f"{rule.words} after {days} days" if days and element.findtext("Status") == "Enabled" else "something else"


# --- what is done -----------------------------------------------------------------------------------------------------


def _create(client: Client) -> None:
    body = b""
    if client.settings.s3_region != HOME:
        root = ET.Element("CreateBucketConfiguration", xmlns=SPACE)
        ET.SubElement(root, "LocationConstraint").text = client.settings.s3_region
        body = ET.tostring(root)
    answer = client.bucket("PUT", {}, body)
    if answer.code == "BucketAlreadyExists":
        raise UserError(
            f"S3 at {client.settings.s3} has a bucket {client.settings.s3_bucket!r} of somebody else's",
            "choose another NHR_S3_BUCKET",
        )
    if answer.status != 200 and answer.code != "BucketAlreadyOwnedByYou":
        raise client.refusal("creating", answer)


def _set(client: Client, rules: Sequence[ET.Element]) -> None:
    """Put everybody's rules back as they were, with ours as they should be."""
    ours = wanted(client.settings)
    root = ET.Element("LifecycleConfiguration", xmlns=SPACE)
    root.extend([one for one in rules if one.findtext("ID") not in {rule.name for rule in ours}])
    root.extend([_element(rule) for rule in ours])
    answer = client.bucket("PUT", {"lifecycle": ""}, ET.tostring(root))
    if answer.status not in {200, 204}:
        raise client.refusal("setting lifecycle rules", answer)


def _element(rule: Rule) -> ET.Element:
    element = ET.Element("Rule")
    ET.SubElement(element, "ID").text = rule.name
    ET.SubElement(ET.SubElement(element, "Filter"), "Prefix").text = rule.prefix
    ET.SubElement(element, "Status").text = "Enabled"
    ET.SubElement(ET.SubElement(element, rule.deed), rule.unit).text = str(rule.days)
    return element

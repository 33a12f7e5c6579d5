"""`nhr buckets plan` and `apply` against a real S3 server."""

from collections.abc import Callable
from xml.etree import ElementTree as ET

import pytest
from typer.main import get_command
from typer.testing import CliRunner, Result

from infra import buckets
from infra.cli import app
from infra.s3 import Client
from infra.services import s3
from infra.settings import Settings
from tests import s3s, services
from tests.contract.buses import together

THEIRS = b"""<LifecycleConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
<Rule><ID>theirs</ID><Status>Enabled</Status><Filter><Prefix>logs/</Prefix></Filter>
<Expiration><Days>7</Days></Expiration></Rule>
<Rule><ID>nhr-scratch</ID><Status>Disabled</Status><Filter><Prefix>elsewhere/</Prefix></Filter>
<Expiration><Days>3</Days></Expiration></Rule></LifecycleConfiguration>"""


@pytest.fixture
def settings(s3_server: s3.Server, request: pytest.FixtureRequest) -> Settings:
    """A bucket of this test's own that is not there yet."""
    return s3s.settings(s3_server, services.name_of(request.node.nodeid))


@pytest.fixture
def nhr(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("NHR_S3", settings.s3)
    monkeypatch.setenv("NHR_S3_BUCKET", settings.s3_bucket)
    monkeypatch.setenv("NHR_S3_ACCESS_KEY", settings.s3_access_key)
    monkeypatch.setenv("NHR_S3_SECRET_KEY", settings.secret("s3_secret_key"))
    monkeypatch.setenv("COLUMNS", "120")
    return lambda *words: CliRunner().invoke(app(), list(words))


def rules(settings: Settings) -> dict[str, ET.Element]:
    client = Client(settings)
    root = ET.fromstring(client.bucket("GET", {"lifecycle": ""}).body)
    client.close()
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return {rule.findtext("ID") or "": rule for rule in root.findall("Rule")}


def test_a_plan_changes_nothing_and_says_what_would_be(settings: Settings, nhr: Callable[..., Result]) -> None:
    for _ in range(2):
        shown = nhr("buckets", "plan")
        assert shown.exit_code == 1
        assert [line.split()[:2] for line in shown.output.splitlines()] == [
            ["what", "is"], ["bucket", "-"], ["rule", "nhr-scratch"], ["rule", "nhr-answers"], ["rule", "nhr-asked"],
            ["rule", "nhr-uploads"],
        ]  # fmt: skip
        assert settings.s3_bucket in shown.output
        assert "scratch/ is removed after 45 days" in shown.output
        assert "answers/ is removed after 45 days" in shown.output


def test_what_is_applied_is_as_it_should_be_and_may_be_repeated(settings: Settings, nhr: Callable[..., Result]) -> None:
    assert nhr("buckets", "apply").exit_code == 0
    for verb in ("plan", "apply", "plan"):
        shown = nhr("buckets", verb)
        assert (shown.exit_code, shown.output) == (0, f"Bucket {settings.s3_bucket} is as it should be.\n")
    found = {
        name: (one.findtext("Filter/Prefix"), one.findtext("Expiration/Days")) for name, one in rules(settings).items()
    }
    assert (found["nhr-scratch"], found["nhr-answers"]) == (("scratch/", "45"), ("answers/", "45"))


def test_other_days_are_a_difference(settings: Settings) -> None:
    buckets.apply(settings)
    longer = settings.model_copy(update={"s3_scratch_days": 60})
    assert buckets.plan(longer).changes == [
        (f"rule nhr-{name}", f"{name}/ is removed after 45 days", f"{name}/ is removed after 60 days")
        for name in ("scratch", "answers", "asked")
    ]
    buckets.apply(longer)
    assert buckets.plan(longer).changes == []


def test_rules_of_others_stay_and_ours_is_mended(settings: Settings, s3_server: s3.Server) -> None:
    services.make_bucket(s3_server, settings.s3_bucket)
    client = Client(settings)
    assert client.bucket("PUT", {"lifecycle": ""}, THEIRS).status == 200
    client.close()
    assert [change.is_ for change in buckets.plan(settings).changes] == ["something else", "", "", ""]
    buckets.apply(settings)
    found = rules(settings)
    assert set(found) == {"theirs", "nhr-scratch", "nhr-answers", "nhr-asked", "nhr-uploads"}
    assert (found["theirs"].findtext("Filter/Prefix"), found["theirs"].findtext("Expiration/Days")) == ("logs/", "7")
    assert (found["nhr-scratch"].findtext("Filter/Prefix"), found["nhr-scratch"].findtext("Status")) == (
        "scratch/", "Enabled",
    )  # fmt: skip


def test_several_may_apply_at_once(settings: Settings) -> None:
    together([lambda: (buckets.apply(settings), None)[1]] * 4)
    assert buckets.plan(settings).changes == []


def test_wrong_keys_and_no_server_are_told_in_one_line(
    settings: Settings, nhr: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NHR_S3_SECRET_KEY", "wrong")
    assert "refuses our keys" in str(nhr("buckets", "plan").exception)
    monkeypatch.delenv("NHR_S3")
    assert (
        str(nhr("buckets", "plan").exception) == "NHR_S3 is not set; name the servers, or start some: nhr services up"
    )


def test_the_commands_are_there() -> None:
    group = get_command(app()).commands["buckets"]  # type: ignore[attr-defined]
    assert set(group.commands) == {"plan", "apply"}

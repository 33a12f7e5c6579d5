"""What `nhr buckets` asks of servers that are unlike the one in the integration tests."""

import pytest

from infra import buckets
from infra.s3 import Client
from infra.s3.wire import Answer, Request
from infra.settings import Settings
from schemas.errors import UserError
from tests.contract.clocks import FakeClock
from tests.unit.s3.fake import SETTINGS, FakeS3

LISTING = b"<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"


class Bucket(FakeS3):
    """Answers questions about the bucket itself as it is told to, by method and query."""

    def __init__(self, **answers: Answer) -> None:
        super().__init__()
        self.answers = {"list-type": Answer(200, {}, LISTING), **answers}

    def serve(self, request: Request) -> Answer:
        if request.key:
            return super().serve(request)
        what = next(iter(request.query), "create") if request.method == "GET" else "create"
        return self.answers.get(what, Answer(404, {}, b"", "NoSuchLifecycleConfiguration"))


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Bucket:
    found = Bucket()
    monkeypatch.setattr("infra.s3.Client", lambda given, **_: Client(given, FakeClock(), found, found.waited))
    return found


def settings(**more: object) -> Settings:
    return Settings.model_validate(SETTINGS.model_dump() | more)


@pytest.mark.parametrize(("region", "asked"), [("us-east-1", b""), ("eu-west-1", b"eu-west-1</LocationConstraint>")])
def test_a_region_is_asked_for_only_where_it_is_not_the_home_of_s3(server: Bucket, region: str, asked: bytes) -> None:
    server.answers |= {"list-type": Answer(404, {}, b"", "NoSuchBucket"), "create": Answer(200)}
    buckets.apply(settings(s3_region=region))
    create = next(request for request in server.asked if request.method == "PUT" and not request.key)
    assert isinstance(create.body, bytes)
    assert asked in create.body
    assert bool(create.body) is bool(asked)


def test_a_bucket_of_somebody_elses_is_told(server: Bucket) -> None:
    server.answers |= {
        "list-type": Answer(404, {}, b"", "NoSuchBucket"), "create": Answer(409, {}, b"", "BucketAlreadyExists"),
    }  # fmt: skip
    with pytest.raises(UserError, match=r"a bucket 'bucket' of somebody else's; choose another NHR_S3_BUCKET$"):
        buckets.apply(settings())


def test_a_bucket_that_keeps_versions_is_warned_of(server: Bucket) -> None:
    server.answers["versioning"] = Answer(200, {}, b"<VersioningConfiguration><Status>Enabled</Status>")
    assert "keeps versions" in buckets.plan(settings()).warnings[0]


@pytest.mark.parametrize("answer", [Answer(501, {}, b"", "NotImplemented"), Answer(405)])
def test_a_server_without_rules_is_used_without(server: Bucket, answer: Answer) -> None:
    server.answers["lifecycle"] = answer
    for plan in (buckets.apply(settings()), buckets.plan(settings())):
        assert plan.changes == []
        assert "keeps no lifecycle rules" in plan.warnings[0]
    assert not [request for request in server.asked if request.method == "PUT" and not request.key]


def test_rules_that_cannot_be_read_are_told(server: Bucket) -> None:
    server.answers["lifecycle"] = Answer(200, {}, b"<html>")
    with pytest.raises(UserError, match="gave no lifecycle rules"):
        buckets.plan(settings())


def test_an_old_style_rule_of_ours_counts(server: Bucket) -> None:
    rules = "".join(
        f"<Rule><ID>{rule.name}</ID><Prefix>{rule.prefix}</Prefix><Status>Enabled</Status>"
        f"<{rule.deed}><{rule.unit}>{rule.days}</{rule.unit}></{rule.deed}></Rule>"
        for rule in buckets.wanted(settings())
    )
    server.answers["lifecycle"] = Answer(200, {}, f"<LifecycleConfiguration>{rules}</LifecycleConfiguration>".encode())
    assert buckets.plan(settings()).changes == []

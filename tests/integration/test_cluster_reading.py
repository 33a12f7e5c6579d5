"""The commands that count, check and decide anew, over what a cluster keeps in S3 and Kafka."""

import json
from pathlib import Path

import pytest

from infra.runtime.clock import SystemClock
from infra.settings import from_environment
from infra.wiring import Cluster, bucket
from infra.wiring import cluster as wired
from streams import records, shelf
from streams.collector import Collector
from tests import kafkas
from tests.contract.buses import take
from tests.integration.conftest import CLUSTER_SCENES, UP_S, Call, Environment
from tests.integration.running import ended, fingerprint, images_not_kept, mine, recorded, started, until
from workers import roster

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def cluster(mined_cluster: Environment, monkeypatch: pytest.MonkeyPatch) -> Environment:
    """A mined cluster that the settings of this process name."""
    for name, value in mined_cluster.items():
        monkeypatch.setenv(name, value)
    return mined_cluster


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which the same scenes were mined by one process: its shelf is the same."""
    out = tmp_path_factory.mktemp("twin") / "data"
    mine(out, "--scenes", CLUSTER_SCENES, prompts="grammar")
    return out


def where(cluster: Environment) -> str:
    return f"{cluster['NHR_S3']}/{cluster['NHR_S3_BUCKET']}"


# --- stats ------------------------------------------------------------------------------------------------------------


def test_stats_counts_a_cluster_as_it_counts_a_folder(cluster: Environment, twin: Path, call: Call) -> None:
    told = [json.loads(call("stats", "--json", *out).out) for out in ((), ("--out", twin))]
    assert [one.pop("of") for one in told] == [where(cluster), str(twin)]
    assert told[0]["triplets"] > 0
    for table in ("campaigns", "policies", "sources", "triplets", "funnel", "attempts"):
        assert told[0][table] == told[1][table]


def test_stats_compares_a_cluster_with_a_folder(cluster: Environment, twin: Path, call: Call) -> None:
    result = call("stats", "--against", twin)
    assert (result.status, result.err) == (0, "")
    assert where(cluster) in result.out
    assert str(twin) in "".join(result.out.split())


def test_stats_of_no_campaign_of_the_cluster_is_one_line(cluster: Environment, call: Call) -> None:
    for option in ("--campaign", "--against"):
        result = call("stats", option, "lakes")
        assert (result.status, result.err.count("\n")) == (2, 1)
        assert f"of {where(cluster)}; " in result.err or f"in {where(cluster)}; " in result.err
        assert "campaigns there: grammar" in result.err


# --- redecide, gc -----------------------------------------------------------------------------------------------------


def test_a_cluster_is_decided_anew_as_a_folder_is(cluster: Environment, twin: Path, call: Call) -> None:
    told = [
        json.loads(call("redecide", "--json", "--set", "judge.adherence=4.8", "--policy", "paper", *out).out)
        for out in ((), ("--out", twin))
    ]
    assert told[0] == told[1]
    assert told[0]["before"] > told[0]["after"] > 0
    assert told[0]["sources"] == CLUSTER_SCENES


def test_what_is_decided_anew_of_a_cluster_becomes_a_folder(
    cluster: Environment, twin: Path, tmp_path: Path, call: Call
) -> None:
    to = tmp_path / "new"
    result = call("redecide", "--to", to)
    assert (result.status, result.err) == (0, ""), result
    assert f"nhr report --out {to}" in result.out
    assert fingerprint(to) == fingerprint(twin)
    assert sorted(set(recorded(to))) == sorted(set(recorded(twin)))
    assert images_not_kept(to) == []
    checked = call("verify", "--out", to)
    assert (checked.status, checked.err) == (0, ""), checked


def test_what_only_a_folder_can_do_is_one_line_in_a_cluster(cluster: Environment, tmp_path: Path, call: Call) -> None:
    issue = call("redecide", "--to", tmp_path / "new", "--issue")
    assert (issue.status, issue.err.count("\n"), (tmp_path / "new").exists()) == (2, 1, False)
    assert "--issue goes on from the queues of a folder, not of a cluster; leave it out" in issue.err
    gc = call("gc", "--dry-run")
    assert (gc.status, gc.out, gc.err.count("\n")) == (2, "", 1)
    assert "S3 removes scratch/ and answers/ after 45 days" in gc.err
    assert "`nhr buckets plan` shows whether it does" in gc.err


# --- verify -----------------------------------------------------------------------------------------------------------


def test_a_mined_cluster_is_whole(cluster: Environment, twin: Path, call: Call) -> None:
    result = call("verify", "--json")
    assert (result.status, result.err) == (0, "")
    told, folder = json.loads(result.out), json.loads(call("verify", "--json", "--out", twin).out)
    assert (told["problems"], told["notes"]) == ([], [])
    for area in ("triplets", "shelf images", "record images", "lineages", "ledgers", "policies", "campaigns"):
        assert told["checked"][area] == folder["checked"][area] > 0
    assert told["checked"]["segments"] > 0


def test_what_is_not_checked_without_kafka_is_told(
    cluster: Environment, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NHR_KAFKA")
    result = call("verify", "--json", "--fast")
    told = json.loads(result.out)
    assert (result.status, told["problems"]) == (0, [])
    assert "NHR_KAFKA is not set: ledgers" in told["notes"][0]
    assert "where triplets come from was not checked" in told["notes"][1]
    assert set(told["checked"]) == {
        "policies", "campaigns", "triplets", "shelf images", "record images", "segments",
    }  # fmt: skip
    mended = call("verify", "--mend", "--fast")
    assert mended.status == 2
    assert mended.err == "nhr: nothing can be sent again: NHR_KAFKA is not set; leave --mend out\n"


def test_damage_in_a_cluster_is_one_line_each(cluster: Environment, call: Call) -> None:
    with bucket(from_environment()) as blobs:
        picture, segment = (next(iter(blobs.list(prefix))) for prefix in (shelf.IMAGES, records.VERDICTS))
        whole = {key: blobs.get(key) for key in (picture, segment)}
        for key in whole:
            blobs.delete(key)
        blobs.put(picture, b"no picture")
        result = call("verify")
        for key, data in whole.items():
            blobs.delete(key)
            blobs.put(key, data)
    assert result.status == 1
    assert f"{picture} is damaged: its SHA-256 is not its name; " in result.out
    partition = segment.removeprefix(records.VERDICTS).partition("/")[0]
    assert f"{records.VERDICTS}{partition} lacks " in result.out
    assert call("verify").status == 0


def test_a_triplet_that_a_cluster_lost_is_sent_again_and_shelved(cluster: Environment, call: Call) -> None:
    with wired(from_environment()) as stores:
        key = next(iter(stores.blobs.list(shelf.TRIPLETS)))
        whole = stores.blobs.get(key)
        stores.blobs.delete(key)
        result = call("verify", "--mend")
        assert result.status == 1
        assert f"{key} is missing, though ledger " in result.out
        assert "sent again: 1 triplet; the cluster takes them" in result.out
        again = call("verify", "--mend")  # nobody collects here
        assert (again.status, again.err.count("\n")) == (2, 1)
        assert "triplets are on their way to the shelf, so none was sent again" in again.err
        assert "work is under way or queued" not in again.out  # no ledger is open
        collect(stores)
        assert stores.blobs.get(key) == whole
    assert call("verify").status == 0


def collect(stores: Cluster) -> None:
    """Shelve what waits for the collector."""
    collector = Collector(stores.blobs, SystemClock())
    member = stores.bus.subscribe(collector.topic.name, collector.group)
    kafkas.joined(member)
    delivered = take(1, member)
    collector.step(collector.begin(delivered))
    member.ack(delivered)
    member.close()


def test_a_cluster_is_whole_while_it_is_being_mined(
    cluster_settings: Environment, tmp_path: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"{cluster_settings['NHR_S3_BUCKET']}-live"
    own = cluster_settings | {"NHR_KAFKA_PREFIX": f"{name}.", "NHR_S3_BUCKET": name}
    for setting, value in own.items():
        monkeypatch.setenv(setting, value)
    looks = []
    models = dict.fromkeys(roster.KINDS, "null") | {"editor": "null:sleep_ms=200"}
    crew = [word for kind, model in models.items() for word in (f"--{kind}", model)]
    with started("up", "--prompts", "null", *crew, "--scenes", 60, "--dir", tmp_path, **own) as process:
        log = tmp_path / "logs" / "recorder-0.log"
        assert until(lambda: log.exists() and "at work" in log.read_text(), process)
        while process.poll() is None:
            looks.append(call("verify", "--json"))
        assert ended(process, UP_S).status == 0
    looks.append(call("verify", "--json"))
    told = [json.loads(look.out) for look in looks]
    assert [one["problems"] for one in told] == [[] for _ in told]
    assert any("under way" in note or "not yet recorded" in note for one in told for note in one["notes"])
    assert told[-1]["notes"] == []

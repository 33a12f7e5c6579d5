"""What lies on disks is read for ever: ledgers, policies, the shelf, the records."""

import shutil
from pathlib import Path

import pytest

from infra import formats
from infra.blobs.memory import MemoryBlobs
from infra.ledgers.memory import MemoryLedgers
from infra.metrics import Metrics
from infra.runtime.inhand import InHand
from infra.runtime.pictures import Pictures
from infra.runtime.worker import Worker
from streams import labels, leftout, records, retractions, shelf
from streams.dataset import intents, manifests
from streams.policies import Policies, policy_key
from streams.rules import facts
from tests.contract.clocks import FakeClock
from tests.golden import samples, write
from tests.golden.reading import FOLDER
from tests.unit.runtime.fakes import DEAR, Scripted, deliveries, work


def stored(name: str, key: str) -> MemoryBlobs:
    """A store that holds a golden file under `key`."""
    blobs = MemoryBlobs()
    blobs.put(key, (FOLDER / name).read_bytes())
    return blobs


def test_a_golden_ledger_holds_the_facts_it_held() -> None:
    found = facts.decode((FOLDER / "ledger.msgpack").read_bytes())
    assert (found.policy_id, found.source, found.answers) == (
        samples.LEDGER.policy_id, samples.LEDGER.source, samples.LEDGER.answers
    )  # fmt: skip


def test_a_golden_shelf_record_is_the_triplet_it_was() -> None:
    blobs = stored("triplet.json", shelf.triplet_key(samples.TRIPLET_ID))
    assert shelf.read(blobs, samples.TRIPLET_ID) == shelf.shelved(samples.TRIPLET)


def test_a_golden_segment_holds_the_events_it_held() -> None:
    blobs = stored("verdicts.seg", records.segment_key(3, 40, 45))
    told = [message for message in samples.MESSAGES.values() if isinstance(message, records.Event)]
    found = list(records.events(blobs))
    assert sorted(found, key=str) == sorted(told, key=str)


def test_a_golden_policy_keeps_its_content() -> None:
    blobs = stored("policy.json", policy_key(samples.GOLDEN_POLICY_ID))
    assert Policies(blobs).get(samples.GOLDEN_POLICY_ID) == samples.POLICY


def test_a_golden_policy_keeps_its_id_for_ledgers_were_opened_under_it() -> None:
    blobs = stored("policy.json", policy_key(samples.GOLDEN_POLICY_ID))
    assert Policies(blobs).get(samples.GOLDEN_POLICY_ID).policy_id == samples.GOLDEN_POLICY_ID


def test_a_golden_campaign_is_what_was_begun() -> None:
    blobs = stored("campaign.json", f"{records.CAMPAIGNS}harbour.json")
    assert records.campaigns(blobs) == {"harbour": samples.CAMPAIGN}


def test_a_golden_retraction_is_obeyed() -> None:
    found = retractions.load(stored("retraction.json", samples.RETRACTION.key))
    assert found.of(samples.TRIPLET) == samples.RETRACTION


def test_a_golden_manifest_is_the_data_set_it_was() -> None:
    state = manifests.read(stored("manifest.json", manifests.key(1)))
    assert (state.shards, state.obeys, state.number) == ((samples.SHARD,), "8" * 32, 1)
    assert state.tally.axes["operation"] == {samples.TRIPLET.operation: 1}


def test_a_golden_intent_names_the_files_it_named() -> None:
    key = f"{intents.INTENTS}1750000000-{'0' * 16}.json"
    assert list(intents.told(stored("intent.json", key), intents.INTENTS)) == [(key, samples.INTENT)]


def test_a_golden_label_is_the_opinion_it_was() -> None:
    assert list(labels.latest(stored("label.json", f"{samples.LABEL.folder}0001.json"))) == [samples.LABEL]


def test_a_golden_record_of_what_was_left_out_is_counted() -> None:
    blobs = stored("leftout.json", f"{leftout.FOLDER}c/00/x.json")
    assert leftout.counts(blobs) == {(samples.LEFT_OUT.cause, samples.LEFT_OUT.by): 1}


def test_a_folder_with_a_golden_note_may_be_opened(tmp_path: Path) -> None:
    (tmp_path / formats.NOTE).write_bytes((FOLDER / "format.json").read_bytes())
    formats.check(tmp_path)


def test_a_golden_answer_is_published_as_it_stands() -> None:
    blobs = stored("Candidate.msgpack", f"answers/editor/bb/{samples.EDIT_JOB.job_id}.recipe")
    plugin = Scripted("editor", lambda _task: pytest.fail("asked again"), DEAR)
    worker = Worker(
        plugin.kind, plugin, "recipe", blobs, Pictures(blobs), FakeClock(), Metrics(), InHand(MemoryLedgers())
    )
    batch = deliveries(samples.EDIT_JOB)
    told = work(worker, batch)
    assert (told.answers, plugin.asked) == ([samples.CANDIDATE], [])


def test_writing_golden_files_changes_none_that_exist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(FOLDER, tmp_path / "v1")
    (tmp_path / "v1" / "Redrive.msgpack").unlink()
    (tmp_path / "v1" / "Prompt.msgpack").write_bytes(b"older")
    monkeypatch.setattr(write, "FOLDER", tmp_path / "v1")
    assert write.write() == ["Redrive.msgpack"]
    assert (tmp_path / "v1" / "Prompt.msgpack").read_bytes() == b"older"

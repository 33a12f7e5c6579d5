"""What lies on disks is read for ever: ledgers, policies, the shelf, the records."""

import shutil
from pathlib import Path

import pytest

from infra.blobs.memory import MemoryBlobs
from streams import records, shelf
from streams.policies import Policies, policy_key
from streams.rules import facts
from tests.golden import samples, write
from tests.golden.reading import FOLDER


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


def test_writing_golden_files_changes_none_that_exist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(FOLDER, tmp_path / "v1")
    (tmp_path / "v1" / "Redrive.msgpack").unlink()
    (tmp_path / "v1" / "Prompt.msgpack").write_bytes(b"older")
    monkeypatch.setattr(write, "FOLDER", tmp_path / "v1")
    assert write.write() == ["Redrive.msgpack"]
    assert (tmp_path / "v1" / "Prompt.msgpack").read_bytes() == b"older"

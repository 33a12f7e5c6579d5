"""The library has what we lean on inside it, and one that has not is refused in one line."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import kafka
import pytest
from kafka import KafkaConsumer

from infra.bus import kafka_insides as insides
from schemas.errors import UserError


@pytest.fixture
def consumer() -> Iterator[KafkaConsumer]:
    """A member that never asks a broker anything: it is told how new they are."""
    made = KafkaConsumer(bootstrap_servers=["127.0.0.1:9"], api_version=(4, 0), group_id="g")
    yield made
    made.close(autocommit=False, timeout_ms=0)


def test_the_library_has_all_that_we_lean_on_inside_it(consumer: KafkaConsumer) -> None:
    insides.check(consumer)


@pytest.mark.parametrize("path", insides.PRIVATE)
def test_a_version_that_lacks_any_of_it_is_refused_in_one_line(path: str) -> None:
    owners: dict[str, SimpleNamespace] = {}
    for owner, name in (other.split(".") for other in insides.PRIVATE if other != path):
        setattr(owners.setdefault(owner, SimpleNamespace()), name, None)
    with pytest.raises(UserError, match=rf"^kafka-python {kafka.__version__} has no {path}, .*; pip install ") as told:
        insides.check(SimpleNamespace(**owners))
    assert str(told.value).endswith(f'"{declared()}"')


def declared() -> str:
    """What the project says of the library's versions."""
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (found,) = (one for one in project["optional-dependencies"]["cluster"] if one.startswith("kafka-python"))
    return str(found)


def test_a_join_that_is_under_way_is_kept_until_a_poll_takes_its_answer(consumer: KafkaConsumer) -> None:
    answer = kafka.future.Future()
    consumer._coordinator._join_task = answer
    answer.success(b"partitions")
    insides.keep_join(consumer)
    kept = consumer._coordinator._join_task
    insides.keep_join(consumer)
    assert (kept.is_done, kept.value, consumer._coordinator._join_task) == (False, b"partitions", kept)
    assert consumer._coordinator.rejoin_needed


def test_a_partition_whose_messages_were_all_given_is_let_go(consumer: KafkaConsumer) -> None:
    fetcher = consumer._fetcher
    for given, left in (([], None), (["message"], ["message"])):
        fetcher._next_partition_records = given
        insides.free_place(consumer)
        assert fetcher._next_partition_records == left
    fetcher._next_partition_records = None

"""Messages that vanish from the queues are sent again at the end of the next run."""

from pathlib import Path

from infra.bus.sqlite import SqliteBus
from infra.runtime.clock import SystemClock
from infra.sqlite import Database
from infra.wiring import DATABASE
from schemas import topics
from tests.integration.running import fingerprint, mine, published, started, undone, until

SCENES = ("--scenes", 30, "--editor", "null")


def test_jobs_that_were_lost_on_the_way_are_sent_again_and_the_shelf_is_whole(tmp_path: Path) -> None:
    calm, robbed = tmp_path / "calm", tmp_path / "robbed"
    mine(calm, *SCENES)
    slow = (*SCENES[:2], "--editor", "null:sleep_ms=60000")
    with started("mine", "--prompts", "null", "--out", robbed, "--json", *slow) as process:
        assert until(lambda: only_editing(robbed), process)
        process.kill()

    assert steal(robbed) > 0
    result = mine(robbed, *SCENES)

    assert any("lost on the way and were sent again" in note["text"] for note in result.json("note"))
    assert fingerprint(robbed) == fingerprint(calm)
    assert undone(robbed) == {}


def only_editing(out: Path) -> bool:
    """Whether all that is left to do is edits."""
    return published(out) > 0 and set(undone(out)) == {"editor", "open ledgers"}


def steal(out: Path) -> int:
    """Drop what waits for editor, screens, judge and writer; says how many messages that was."""
    database = Database(out / DATABASE)
    bus = SqliteBus(database, SystemClock())
    bus.release_all()
    stolen = 0
    for topic in (topics.EDIT_JOBS, topics.CANDIDATES, topics.JUDGE_JOBS, topics.TEXT_JOBS):
        member = bus.subscribe(topic.name, topic.groups[0])
        while taken := member.poll(1000, 0.0):
            member.ack(taken)
            stolen += len(taken)
    database.close()
    return stolen

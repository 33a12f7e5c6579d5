"""A member of a consumer group as a process of its own, that says what it does, for tests that kill or stop it.

python kafka_process.py SETTINGS: takes triplets, sends each on as a verdict, then acknowledges it, until its standard
input ends and a second passed in which nothing came.
"""

import os
import sys
import threading

from infra.bus.kafka import KafkaBus
from infra.settings import Settings
from schemas.errors import UserError
from schemas.ports import Outgoing
from schemas.topics import TRIPLETS, VERDICTS

GROUP = TRIPLETS.groups[0]
POLL = 8


def tell(word: str, *texts: object) -> None:
    """One line, written at once: a killed process leaves whole lines only."""
    os.write(1, f"{' '.join((word, *map(str, texts)))}\n".encode())


def relay(settings: Settings) -> None:
    """Take, send on, acknowledge."""
    stop = threading.Event()

    def wait_for_the_end() -> None:
        sys.stdin.read()
        stop.set()

    threading.Thread(target=wait_for_the_end, daemon=True).start()
    bus = KafkaBus(settings, topics=(TRIPLETS, VERDICTS))
    member = bus.subscribe(TRIPLETS.name, GROUP)
    while True:
        ending = stop.is_set()
        batch = member.poll(POLL, 1.0 if ending else 0.1)
        if batch:
            tell("took", *(one.value.decode() for one in batch))
            bus.publish([Outgoing(VERDICTS.name, one.key, one.value) for one in batch])
            tell("sent", *(one.value.decode() for one in batch))
            member.ack(batch[::2])
            member.ack(batch[1::2])
        elif ending:
            break
        member.keep()
    member.close()
    bus.close()


if __name__ == "__main__":
    try:
        relay(Settings.model_validate_json(sys.argv[1]))
    except UserError as error:
        tell("failed", error)
        sys.exit(2)

"""What four editors do in the time of one."""

import random
import sys

from schemas import codec, ids
from schemas import messages as m
from schemas.ports import Outgoing
from tests.bench.cluster import slow_editor
from tests.bench.cluster.site import Rows, Servers, site
from tests.property.world import source

GROUP = "editor"
PARTITIONS = 16
MANY = 4
COMMAND = (sys.executable, "-m", "tests.bench.cluster.slow_editor")


def jobs(number: int, seed: int = 0) -> list[Outgoing]:
    """Edit jobs, each on a source of its own; the null editors read no picture."""
    rng = random.Random(seed)
    return [codec.outgoing(_job(source(rng, 1), at)) for at in range(number)]


def _job(of: m.Source, seed: int) -> m.EditJob:
    request = of.requests[0]
    request_id = ids.request_id(of.subject.source_id, request.instruction)
    return m.EditJob(
        job_id=ids.job_id(request_id, "edit"), policy_id=ids.digest("bench"), subject=of.subject, request=request,
        request_id=request_id, attempt=0, seed=seed,
    )  # fmt: skip


def rows(servers: Servers, number: int) -> Rows:
    """Rates of one and of four editors on `number` jobs each that wait for them, and their ratio."""
    rates = []
    for count in (1, MANY):
        with site(servers, f"editors-{count}", partitions=PARTITIONS) as here:
            here.publish(jobs(number * count))
            for at in range(count):
                here.start(f"editor-{at}", command=COMMAND)
            rates.append(here.rate(GROUP, number * count, 0.1, 0.7).per_s)  # later the luckiest may run dry
    one, many = rates
    what = f"{MANY} editors of {slow_editor.SLEEP_MS:.0f} ms per {slow_editor.BATCH} jobs against one"
    yield what, f"{many / one:.2f} x ({many:.1f} and {one:.1f} jobs/s)"

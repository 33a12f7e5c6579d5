"""Events a second of directors, with every answer of S3 30 ms late."""

from tests.bench.cluster.site import Rows, Servers, delayed, site
from tests.chaos import campaign

DELAY_S = 0.03
COUNTS = (1, 2, 4)
GROUP = "director"


def rows(servers: Servers, events: int) -> Rows:
    """Rates of 1, 2 and 4 directors on `events` verdict events each that wait for them."""
    for count in COUNTS:
        told = campaign.events(seed=count, number=events * count)
        with delayed(servers.store, DELAY_S) as store, site(servers, f"directors-{count}", store) as here:
            here.publish(told)
            for number in range(count):
                here.start(f"director-{number}", "stream", "director", "--policy", campaign.POLICY)
            rate = here.rate(GROUP, len(told), 0.1, 0.9)
        measured = (
            f"{rate.per_s:,.0f} events/s, {rate.per_s / count:,.0f} each, {rate.cpu_s * 1000:.2f} ms CPU an event"
        )
        yield f"{count} director(s), S3 {DELAY_S * 1000:.0f} ms late", measured

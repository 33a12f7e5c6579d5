"""`make bench`: every measurement in one table. Absolute numbers are this machine's; compare within one run."""

import sys

from tests.bench import (
    bench_bus,
    bench_calls,
    bench_cluster,
    bench_content,
    bench_diffusion,
    bench_director,
    bench_export,
    bench_gallery,
    bench_loop,
    bench_null_job,
    bench_pack,
    bench_pixels,
    bench_score,
)


def main() -> None:
    """Run the benches one after another."""
    for bench in (
        bench_director,
        bench_bus,
        bench_loop,
        bench_null_job,
        bench_pixels,
        bench_content,
        bench_diffusion,
        bench_calls,
        bench_gallery,
        bench_export,
        bench_score,
        bench_pack,
        bench_cluster,
    ):
        sys.stderr.write(f"measuring {bench.__name__.rpartition('.')[2]}\n")
        for what, measured in bench.rows():
            print(f"{what:62} {measured}", flush=True)


main()

"""Starts a broker and an S3 server, prints their pids and waits to be killed."""

import signal
import sys
from pathlib import Path

from infra.services import kafka, s3

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    with kafka.running(folder / "kafka") as cluster, s3.running(folder / "s3") as server:
        sys.stdout.write(f"{cluster.nodes[0].pid} {server.pid}\n")
        sys.stdout.flush()
        signal.pause()

"""Runs one server for as long as its owner lives; started as a script of its own, so that it needs nothing of NHR.

    python guard.py OWNER_PID OWNER_START COMMAND...

Prints the server's pid. Should this guard itself be killed, the kernel ends the server: the guard has one thread, so
the parent-death signal comes when the guard dies, and not when some thread of the owner does.
"""

import ctypes
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

PR_SET_PDEATHSIG = 1


def main() -> int:
    """Start the server, wait for it or the owner to end, and see to it that neither survives alone."""
    owner, started, *command = sys.argv[1:]
    owner_end = os.pidfd_open(int(owner))
    fields = Path(f"/proc/{owner}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    if fields[19] != started:
        return 1
    libc = ctypes.CDLL(None)
    server = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=2, process_group=0,
        preexec_fn=lambda: libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL),  # noqa: PLW1509 - there is one thread
    )  # fmt: skip
    sys.stdout.write(f"{server.pid}\n")
    sys.stdout.flush()
    server_end = os.pidfd_open(server.pid)
    ends = select.poll()
    for end in (owner_end, server_end):
        ends.register(end, select.POLLIN)
    while not ends.poll():
        pass
    server.kill()
    return abs(server.wait())


if __name__ == "__main__":
    sys.exit(main())

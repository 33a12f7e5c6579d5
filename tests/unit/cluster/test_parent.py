"""A process ends with the one that watches over it: by itself, or else the hard way."""

import subprocess
import sys

import pytest

CHILD = """
import os, sys, threading
from infra.cluster.parent import end_with
stop = threading.Event()
end_with(os.getppid(), stop, grace_s=0.2, look_every_s=0.01)
print("at work", flush=True)
stop.wait(60)
print("asked", flush=True)
if sys.argv[1] == "stuck":
    threading.Event().wait(60)
print("finished", flush=True)
"""
PARENT = "import subprocess, sys; subprocess.run([sys.executable, '-c', *sys.argv[1:]], stderr=subprocess.DEVNULL)"
SOON_S = 20.0


@pytest.mark.parametrize(("how", "said"), [("willing", ["asked", "finished"]), ("stuck", ["asked"])])
def test_whoever_loses_its_parent_is_asked_to_end_and_ends(how: str, said: list[str]) -> None:
    command = [sys.executable, "-c", PARENT, CHILD, how]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "at work\n"
        parent.kill()
        rest, _ = parent.communicate(timeout=SOON_S)  # to the end of the output, which is the child's end
    assert rest.split() == said

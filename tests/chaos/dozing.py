"""`nhr`, whose main thread falls asleep: `python -m tests.chaos.dozing worker editor null`.

SIGUSR1 sends the main thread to sleep, SIGUSR2 wakes it. A worker that sleeps polls nothing, while its heartbeats go
on: they come from a thread of the library's.
"""

import signal

from infra.cli import main

SLEEP, WAKE = signal.SIGUSR1, signal.SIGUSR2

if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {WAKE})  # in all threads to come, or one of them would die of it
    signal.signal(SLEEP, lambda *_: signal.sigwait({WAKE}))
    main()

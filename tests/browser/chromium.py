"""The Chromium that the tests drive: an installed one is found, or (by root, on Debian) installed from its package.

`python -m tests.browser.chromium` says where it is, installing it when it may.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING = "no Chromium: install the package chromium, or name one in CHROMIUM"


def find() -> str | None:
    """Path of the program; CHROMIUM names one that lies elsewhere."""
    return next(filter(None, map(shutil.which, (os.environ.get("CHROMIUM", ""), *NAMES))), None)


def install() -> None:
    """Debian's package, where that can be had."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-qq"], check=True, env=quiet)
        subprocess.run(
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"], check=True, env=quiet
        )


@contextmanager
def launched() -> Iterator[Browser]:
    """A headless browser with no profile; FileNotFoundError where none is installed."""
    program = find()
    if program is None:
        raise FileNotFoundError(MISSING)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, headless=True)
        try:
            yield browser
        finally:
            browser.close()


if __name__ == "__main__":
    if find() is None:
        install()
    sys.stdout.write(f"{find() or MISSING}\n")
    sys.exit(find() is None)

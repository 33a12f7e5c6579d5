"""The jars of an Apache Kafka broker, fetched once by Maven into the user's cache, and the Java that runs them."""

import fcntl
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from infra import settings
from schemas.errors import UserError

POM = Path(__file__).with_name("pom.xml")
OLDEST_JAVA = 17
JAVA_HINT = f"install Java {OLDEST_JAVA} or newer (Debian: apt-get install openjdk-17-jre-headless)"
MAVEN_HINT = "install Maven (Debian: apt-get install maven), needed once"
FETCH_S = 900


def version() -> str:
    """The version of Kafka that the pom names."""
    found = re.search(r"<kafka.version>(.+)</kafka.version>", POM.read_text(encoding="utf-8"))
    if not found:
        raise ValueError(f"{POM} names no kafka.version")
    return found[1]


def java() -> str:
    """Path of a Java that is new enough; raises `UserError` when there is none."""
    path = shutil.which("java")
    if path is None:
        raise UserError("java is not installed, Kafka runs on it", JAVA_HINT)
    said = subprocess.run([path, "-version"], capture_output=True, text=True, check=False)
    found = re.search(r'version "(\d+)', said.stderr + said.stdout)
    if not found or int(found[1]) < OLDEST_JAVA:
        raise UserError(f"{path} is Java {found[1] if found else 'of no known version'}, too old for Kafka", JAVA_HINT)
    return path


def folder() -> Path:
    """The folder of the jars; fetched where they are not there yet, by one process at a time.

    Raises `UserError` when they cannot be fetched.
    """
    home = settings.cache_home() / "nhr" / "services"
    jars = home / f"kafka-{version()}"
    if jars.is_dir():
        return jars
    home.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not jars.is_dir():
            with tempfile.TemporaryDirectory(prefix="fetching-", dir=home) as staging:
                _fetch(Path(staging) / "jars")
                (Path(staging) / "jars").rename(jars)
    return jars


def _fetch(into: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise UserError("mvn is not installed, it fetches Kafka", MAVEN_HINT)
    command = [
        maven, "--quiet", "--batch-mode", "--file", str(POM), "dependency:copy-dependencies",
        "-DincludeScope=runtime", f"-DoutputDirectory={into}",
    ]  # fmt: skip
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=FETCH_S, check=False)
    except subprocess.TimeoutExpired:
        raise UserError(f"mvn fetched no Kafka within {FETCH_S} s", "look at the network and try again") from None
    if done.returncode or not any(into.glob("kafka_*.jar")):
        errors = [line for line in (done.stdout + done.stderr).splitlines() if "ERROR" in line]
        raise UserError(f"mvn cannot fetch Kafka: {' '.join(errors[:2])}", "look at the network and try again")

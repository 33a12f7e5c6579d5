"""Real services for any suite that asks, started by the first test that needs one; examples have no deadlines."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from infra.services import kafka, s3
from tests import services

FOLDER = pytest.StashKey[Path]()


def pytest_configure(config: pytest.Config) -> None:
    settings.register_profile("nhr", deadline=None)  # how long an example takes says how busy the machine is
    settings.load_profile("nhr")
    given: dict[str, str] = getattr(config, "workerinput", {})
    if "services" not in given:
        services.sweep()
    config.stash[FOLDER] = Path(given["services"]) if given else services.run_folder()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    node.workerinput["services"] = str(node.config.stash[FOLDER])


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        services.end(config.stash[FOLDER])


@pytest.fixture(scope="session")
def services_folder(pytestconfig: pytest.Config) -> Path:
    return pytestconfig.stash[FOLDER]


@pytest.fixture(scope="session")
def kafka_servers(services_folder: Path) -> str:
    """HOST:PORT of a broker that the whole run shares: use `kafka_prefix` for names of your own."""
    services.need_kafka()
    folder = services_folder / "kafka"
    owner = services.owner(services_folder)
    return services.shared(services_folder, lambda: kafka.start(folder, owner=owner)).servers


@pytest.fixture
def kafka_prefix(request: pytest.FixtureRequest) -> str:
    """What this test puts before the names of its topics and groups."""
    return f"{services.name_of(request.node.nodeid)}."


@pytest.fixture(scope="module")
def kafka_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[kafka.Cluster]:
    """Three nodes, this module's own: it may kill them."""
    services.need_kafka()
    with kafka.running(tmp_path_factory.mktemp("kafka"), nodes=3) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def s3_server(services_folder: Path) -> s3.Server:
    """An S3 server that the whole run shares: use `s3_bucket` for a bucket of your own."""
    services.need_s3()
    folder = services_folder / "s3"
    owner = services.owner(services_folder)
    return services.shared(services_folder, lambda: s3.start(folder, owner=owner))


@pytest.fixture
def s3_bucket(s3_server: s3.Server, request: pytest.FixtureRequest) -> str:
    """The name of this test's own bucket, empty."""
    return services.make_bucket(s3_server, services.name_of(request.node.nodeid))

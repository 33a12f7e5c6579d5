"""A small campaign in a gallery."""

from collections.abc import Iterator

import pytest

from tests.unit.gallery.site import Site, site
from tests.unit.report.scenes import Campaign


@pytest.fixture(scope="package")
def campaign() -> Campaign:
    """Six scenes, 66 triplets; nobody changes it."""
    return Campaign(6, smaller=8)


@pytest.fixture(scope="package")
def shown(campaign: Campaign, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Its gallery; nobody changes it."""
    with site(campaign.blobs, tmp_path_factory.mktemp("gallery")) as found:
        yield found

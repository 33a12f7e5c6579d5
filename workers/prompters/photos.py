"""The photos prompter: real photographs from a folder, each with edits that suit it."""

from collections.abc import Iterator
from typing import Annotated, ClassVar

from pydantic import Field

from schemas.messages import MAX_REQUESTS
from schemas.ports import Info
from workers.photographic.choosing import requests
from workers.photographic.folder import FolderOptions, Found, photographs
from workers.plugin import Intake, Skipped
from workers.plugin import Prompter as Base


class PhotosOptions(FolderOptions):
    """`edits`: how many are asked of each picture, at most."""

    edits: Annotated[int, Field(ge=1, le=MAX_REQUESTS)] = 4


class Prompter(Base[PhotosOptions]):
    """Yields one `Photo` or one `Skipped` a file, in the order of relative paths."""

    INFO = Info(summary="Real photographs from a folder, with edits that suit each picture")
    OPTIONS = PhotosOptions
    REREAD: ClassVar[bool] = True

    def intake(self, campaign: str, start: int) -> Iterator[Intake]:  # noqa: ARG002 - photographs serve any campaign
        """Files from number `start` on; raises `UserError` at once when there is nothing to read."""
        return map(self._proposed, photographs(self.options, start, "photos"))

    def _proposed(self, found: Found | Skipped) -> Intake:
        if isinstance(found, Skipped):
            return found
        asked = requests(found.pixels, found.sha256, self.options.edits)
        if not asked:
            return found.skipped("no edit suits it: it is almost blank; leave it out")
        return found.photo(asked, found.caption)

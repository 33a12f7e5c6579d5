"""What a prompter may bring in: nothing that the blocklist names, no photograph that the policy's licences bar."""

from infra.blocklist import Blocklist
from schemas.messages import Prompt
from streams.rules.policy import Policy
from workers.photographic.licensing import recognised
from workers.plugin import Intake, Photo, Skipped


class Admission:
    """Turns items that must not come in into `Skipped`, with the reason; all others stay as they are."""

    def __init__(self, blocklist: Blocklist, policy: Policy) -> None:
        self._blocklist, self._policy = blocklist, policy

    def __call__(self, item: Intake) -> Intake:
        """The item, or why it must not come in."""
        if isinstance(item, Skipped):
            return item
        if isinstance(item, Photo) and (barred := self._barred(item)):
            return barred
        found = self._blocked(item)
        what = item.name if isinstance(item, Photo) else item.prompt_id
        return Skipped(what, f"the blocklist names {found}", "blocklist", found) if found else item

    def _barred(self, photo: Photo) -> Skipped | None:
        """A photograph whose licence is not known to let edited pictures be sold, where the policy demands that."""
        if self._policy.licences == "any" or recognised(photo.licence).commercial is True:
            return None
        says = f"its licence is {photo.licence!r}" if photo.licence else "nothing says its licence"
        hint = "say it in a sidecar, or for all by licence=own or licence=CC0-1.0"
        reason = f"{says}, and policy {self._policy.name} demands commercial use; {hint}"
        return Skipped(photo.name, reason, "licence", photo.licence or "none said")

    def _blocked(self, item: Prompt | Photo) -> str:
        words = [request.instruction for request in item.requests]
        if isinstance(item, Prompt):
            return self._blocklist.text(item.text, item.style, *words)
        return (
            self._blocklist.digest(item.sha256)
            or self._blocklist.maker(item.author, item.web)
            or self._blocklist.text(item.caption, *words)
            or self._blocklist.picture(item.image.pixels)
        )

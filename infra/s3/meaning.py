"""What an answer of S3 means: ask again, or tell the user what to mend."""

import hashlib

from infra.s3.wire import COPY_SOURCE, Answer, Request
from infra.settings import Settings
from schemas.errors import UserError

DIGEST = "x-amz-meta-sha256"
"""User metadata that every object we put carries: what is read is compared with it, whatever the server's ETag is."""

_BUSY = frozenset({408, 429, 500, 502, 503, 504})
_BUSY_CODES = frozenset({
    "SlowDown", "InternalError", "ServiceUnavailable", "RequestTimeout", "Throttling", "ThrottlingException",
    "TooManyRequests", "OperationAborted", "ConditionalRequestConflict",
    "IncompleteBody", "BadDigest", "XAmzContentSHA256Mismatch",
})  # fmt: skip
"""Also conflicts with a request that is still under way, and bodies that were damaged on their way to the server."""

_KEYS = frozenset({"InvalidAccessKeyId", "SignatureDoesNotMatch", "XAdminUserNotFound", "InvalidToken"})
_REGION = frozenset({
    "AuthorizationHeaderMalformed", "PermanentRedirect", "TemporaryRedirect", "IllegalLocationConstraintException",
})  # fmt: skip


def fault(request: Request, answer: Answer) -> str:
    """Why to ask again; empty when the answer is one."""
    if answer.code in _BUSY_CODES or answer.status in _BUSY:
        return " ".join(f"{answer.status} {answer.code}".split())
    if answer.status != 200 or not request.key or request.method == "DELETE" or COPY_SOURCE in request.headers:
        return ""
    if "etag" not in answer.headers:
        return "a head cut short"
    whole = answer.headers.get(DIGEST)
    if request.method != "GET" or whole is None:
        return ""
    if (answer.sha256 or hashlib.sha256(answer.body).hexdigest()) != whole:
        return "a damaged body"
    return ""


def refusal(what: object, answer: Answer, settings: Settings) -> UserError:
    """What to tell the user of an answer to `what` that asking again does not change."""
    server, code = f"S3 at {settings.s3}", answer.code or str(answer.status)
    if answer.code in _KEYS:
        return UserError(f"{server} refuses our keys ({code})", "check NHR_S3_ACCESS_KEY and NHR_S3_SECRET_KEY")
    if answer.code == "RequestTimeTooSkewed":
        return UserError(f"{server} says that this machine's clock is wrong", "set the clock (NTP)")
    if answer.code == "NoSuchBucket":
        return UserError(f"{server} has no bucket {settings.s3_bucket!r}", "run: nhr buckets apply")
    if answer.code in _REGION or answer.status in {301, 307}:
        region = answer.headers.get("x-amz-bucket-region", "another one")
        return UserError(
            f"{server}: bucket {settings.s3_bucket!r} is not in region {settings.s3_region!r}",
            f"set NHR_S3_REGION to {region}",
        )
    if answer.status in {401, 403}:
        return UserError(
            f"{server} denies {what} in bucket {settings.s3_bucket!r} ({code})",
            "let the keys read, write, list and delete there",
        )
    said = f"{code}: {answer.message}" if answer.message else code
    return UserError(f"{server} refuses {what} in bucket {settings.s3_bucket!r} ({said})", "check NHR_S3")

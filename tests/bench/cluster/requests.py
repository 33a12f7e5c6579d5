"""What a triplet costs at the store: requests and objects, of a whole null campaign."""

import threading
import time
from collections import Counter
from urllib.parse import parse_qsl, unquote

from minio import Minio

from tests.bench.cluster.site import Rows, Servers
from tests.chaos.proxy import Proxy
from tests.chaos.rig import Calm, Rig

BUCKET = "bench-requests"
LARGEST = 8
TIMED = ("beats", "cursors")
"""Prefixes that are asked every few seconds by each process: they would drown a short run."""


class Counted:
    """Requests by kind and top-level prefix, as heads of HTTP tell them; called from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: Counter[tuple[str, str]] = Counter()

    def __call__(self, head: bytes) -> None:
        """Count one."""
        first, _, fields = head.partition(b"\r\n")
        method, target, _ = first.decode("ascii").split(" ")
        path, _, query = target.partition("?")
        key = unquote(path).removeprefix(f"/{BUCKET}").strip("/")
        kind = method
        if "list-type=2" in query:
            kind, key = "LIST", dict(parse_qsl(query)).get("prefix", "")
        elif method == "PUT" and b"x-amz-copy-source:" in fields.lower():
            kind = "copy"
        with self._lock:
            self._seen[kind, key.partition("/")[0]] += 1

    def split(self) -> tuple[Counter[tuple[str, str]], int]:
        """What goes with the work, by kind and prefix; how many requests go with time, whatever is done."""
        with self._lock:
            work = Counter({what: count for what, count in self._seen.items() if what[1] not in TIMED})
            return work, self._seen.total() - work.total()


def rows(servers: Servers, scenes: int) -> Rows:
    """Requests by kind, the largest kinds and prefixes, and objects by prefix, each a triplet; and what time costs."""
    counted = Counted()
    with Proxy(servers.store, seen=counted) as proxy:
        own = {"NHR_KAFKA_PREFIX": "requests.", "NHR_S3_BUCKET": BUCKET, "NHR_S3": proxy.endpoint}
        rig = Rig(servers.folder / "requests", {**servers.environment, **own}, Calm(scenes, ()))
        started = time.monotonic()
        with rig.running() as stores:
            rig.finish(stores)
            seconds, processes = time.monotonic() - started, len(rig.names())
            work, timed = counted.split()
    objects = _objects(servers)
    triplets = objects["shelf/triplets"]
    kinds: Counter[str] = Counter()
    for (kind, _), count in work.items():
        kinds[kind] += count
    places = Counter({f"{kind} {place or '(bucket)'}": count for (kind, place), count in work.most_common(LARGEST)})
    yield f"S3 requests a triplet ({scenes} null scenes, {triplets} triplets)", _each(kinds, triplets)
    yield f"the {LARGEST} most frequent of them", _each(places, triplets)
    yield "S3 objects a triplet", _each(objects, triplets)
    per_s = timed / seconds / processes
    yield f"S3 requests of {' and '.join(TIMED)}, {processes} processes for {seconds:.0f} s", f"{per_s:.2f}/s a process"


def _objects(servers: Servers) -> Counter[str]:
    """Objects by top-level prefix; the shelf by two levels, for it is what stays."""
    said = servers.environment
    client = Minio(
        endpoint=servers.store.removeprefix("http://"), access_key=said["NHR_S3_ACCESS_KEY"],
        secret_key=said["NHR_S3_SECRET_KEY"], secure=False, region="us-east-1",
    )  # fmt: skip
    found: Counter[str] = Counter()
    for one in client.list_objects(BUCKET, recursive=True):
        parts = (one.object_name or "").split("/")
        if parts[0] in TIMED:
            continue
        found["/".join(parts[: 2 if parts[0] == "shelf" else 1])] += 1
    return found


def _each(counts: Counter[str], triplets: int) -> str:
    total = f"{counts.total() / triplets:.1f}"
    return f"{total}: " + ", ".join(f"{what} {count / triplets:.2f}" for what, count in counts.most_common())

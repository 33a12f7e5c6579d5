"""What a triplet costs at the store: requests and objects, of a whole null campaign."""

import threading
from collections import Counter

from minio import Minio

from tests.bench.cluster.site import Rows, Servers
from tests.chaos.proxy import Proxy
from tests.chaos.rig import Calm, Rig

BUCKET = "bench-requests"
LARGEST = 8


class Counted:
    """Requests by kind and top-level prefix, as heads of HTTP tell them; called from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.kinds: Counter[str] = Counter()
        self.places: Counter[str] = Counter()

    def __call__(self, head: bytes) -> None:
        """Count one."""
        first, _, fields = head.partition(b"\r\n")
        method, target, _ = first.decode("ascii").split(" ")
        path, _, query = target.partition("?")
        key = path.removeprefix(f"/{BUCKET}").strip("/")
        kind = method
        if method == "GET" and not key:
            kind = "LIST"
        elif method == "PUT" and b"x-amz-copy-source:" in fields.lower():
            kind = "copy"
        place = key.partition("/")[0] or query.partition("prefix=")[2].partition("%2F")[0].partition("&")[0]
        with self._lock:
            self.kinds[kind] += 1
            self.places[f"{kind} {place}/"] += 1


def rows(servers: Servers, scenes: int) -> Rows:
    """Requests by kind, the largest kinds and prefixes, and objects by prefix: each a triplet."""
    counted = Counted()
    folder = servers.folder / "requests"
    with Proxy(servers.store, seen=counted) as proxy:
        own = {"NHR_KAFKA_PREFIX": "requests.", "NHR_S3_BUCKET": BUCKET, "NHR_S3": proxy.endpoint}
        rig = Rig(folder, {**servers.environment, **own}, Calm(scenes, ()))
        with rig.running() as stores:
            rig.finish(stores)
    objects = _objects(servers)
    triplets = objects.pop("shelf/triplets")
    title = f"{scenes} null scenes, {triplets} triplets"
    yield f"S3 requests a triplet ({title})", _each(counted.kinds, triplets)
    yield (
        f"the {LARGEST} most frequent of them, by prefix",
        _each(Counter(dict(counted.places.most_common(LARGEST))), triplets),
    )
    yield "S3 objects a triplet, by prefix", _each(Counter({"shelf/triplets": triplets}) + objects, triplets)


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
        found["/".join(parts[: 2 if parts[0] == "shelf" else 1])] += 1
    return found


def _each(counts: Counter[str], triplets: int) -> str:
    total = f"{counts.total() / triplets:.1f}"
    return f"{total}: " + ", ".join(f"{what} {count / triplets:.2f}" for what, count in counts.most_common())

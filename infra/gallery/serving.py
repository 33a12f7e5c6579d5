"""Runs the gallery's server: where it listens, who may come, and how it ends."""

import asyncio
import logging
import secrets
import signal
import socket
import webbrowser
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import sha256
from ipaddress import ip_address
from pathlib import Path
from types import FrameType
from urllib.parse import quote

import uvicorn

from infra.gallery.app import app
from infra.gallery.gallery import Gallery, assembled
from infra.gallery.guards import LOOPBACK, Key
from infra.gallery.watch import of_cluster, of_folder
from infra.place import Place
from infra.settings import Settings, cache_home
from schemas.errors import UserError

LEAST_TOKEN = 16
"""Characters of a token that is no trouble to guess."""
GRACE_S = 1


@dataclass(frozen=True)
class Listening:
    """Where the gallery is to listen; without `token_file` a token is made where one is needed."""

    host: str = "127.0.0.1"
    port: int = 8500
    token_file: Path | None = None

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can come."""
        if self.host in LOOPBACK:
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False

    def key(self) -> Key | None:
        """What visitors must know: the file's token, one made for this run, or (on loopback) nothing."""
        if self.token_file is not None:
            return Key(_token(self.token_file))
        return None if self.is_loopback else Key(secrets.token_urlsafe(32))


def serve(
    place: Place, settings: Settings, where: Listening, say: Callable[[str], None], open_browser: bool = False
) -> None:
    """Show the place until Ctrl-C; raises `UserError` where it cannot listen there."""
    key = where.key()
    with bound(where) as sock, ExitStack() as closing:
        look = of_folder(place.folder, settings) if place.folder else of_cluster(settings, closing)
        gallery = assembled(place.blobs, place.name, cache(place), look)
        port = sock.getsockname()[1]
        address = f"http://{_named(where.host)}:{port}/"
        if key is not None and where.token_file is None:
            address += f"?token={quote(key.token)}"
        names = [where.host] if where.is_loopback else None
        server = server_of(gallery, key, names)
        gallery.keeper.start()
        say(f"Gallery of {place.name}: {address}")
        if open_browser:
            webbrowser.open(address)
        try:
            server.run(sockets=[sock])
            if server.interrupted:
                raise KeyboardInterrupt
        finally:
            gallery.keeper.stop()
            gallery.thumbs.close()
            gallery.index.close()


class Server(uvicorn.Server):
    """One that hangs up at its end on visitors who neither read on nor leave.

    `interrupted` tells that Ctrl-C ended it: uvicorn then sends itself that signal once more, but under load it once
    returned as if nothing had been.
    """

    interrupted = False

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A signal asks it to end."""
        self.interrupted |= sig == signal.SIGINT
        super().handle_exit(sig, frame)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End: let everybody have what they asked for within the grace time, then close what is still open."""
        await super().shutdown(sockets)
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await asyncio.sleep(0)


def server_of(gallery: Gallery, key: Key | None = None, names: Sequence[str] | None = None) -> Server:
    """A server of the gallery (see `app`): it tells nothing of itself, and waits for nobody at its end."""
    config = uvicorn.Config(
        app(gallery, key, names), log_level=logging.WARNING, access_log=False, server_header=False,
        proxy_headers=False, timeout_graceful_shutdown=GRACE_S, lifespan="off",
    )  # fmt: skip
    return Server(config)


def bound(where: Listening) -> socket.socket:
    """A socket that listens there; raises `UserError`."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            where.host, where.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (OSError, UnicodeError) as error:
        raise UserError(f"--host {where.host}: {error}", "give an address of this machine, such as 127.0.0.1") from None
    sock = socket.socket(family, kind, protocol)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind(address)
        sock.listen(128)
    except OSError as error:
        sock.close()
        hint = "give another --port, or --port 0 for any free one"
        raise UserError(f"cannot listen on {where.host} port {where.port} ({error.strerror})", hint) from None
    return sock


def cache(place: Place) -> Path:
    """The folder of the index and the thumbnails: in a data folder, else among this user's caches."""
    if place.folder is not None:
        own = place.folder / "cache"
        try:
            own.mkdir(exist_ok=True)
            with (own / "gallery.lock").open("a"):
                return own
        except OSError:  # a folder that may only be read
            pass
    name = str(place.folder.resolve()) if place.folder is not None else place.name
    return cache_home() / "nhr" / "gallery" / sha256(name.encode()).hexdigest()[:16]


def _token(file: Path) -> str:
    try:
        token = file.read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        raise UserError(f"--token-file {file} cannot be read ({error})", "give a readable file") from None
    if len(token) < LEAST_TOKEN or not token.isascii() or not token.isprintable() or " " in token:
        hint = "make one: openssl rand -hex 32"
        raise UserError(f"--token-file {file} holds no token of {LEAST_TOKEN} plain characters or more", hint)
    return token


def _named(host: str) -> str:
    """The host as an address bar takes it; for all addresses, this machine's name."""
    if host in {"0.0.0.0", "::", ""}:  # noqa: S104 - only what is printed
        return socket.gethostname()
    return f"[{host}]" if ":" in host else host

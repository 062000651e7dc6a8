"""A local stand-in for the Hugging Face hub: it serves folders as repositories, and can fail."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

REVISION = "0123456789abcdef0123456789abcdef01234567"
BIG = (".safetensors", ".bin", ".model")  # what the real hub keeps by its SHA-256
BLOCK = 1 << 16


@dataclass
class Hub:
    """The repositories of the stand-in and its failures; `requests` is (method, path, Range)."""

    folders: dict[str, Path] = field(default_factory=dict)
    requests: list[tuple[str, str, str]] = field(default_factory=list)
    cut: dict[str, list[int]] = field(default_factory=dict)  # file → bytes before each hang-up
    stall: dict[str, int] = field(default_factory=dict)  # file → bytes before it stops sending
    flip: set[str] = field(default_factory=set)  # files of which a byte arrives wrong
    gated: set[str] = field(default_factory=set)  # repositories that need a permission
    down: bool = False
    ranges: bool = True
    checksums: bool = True  # in its lists of files; some mirrors leave them out
    url: str = ""
    closing: threading.Event = field(default_factory=threading.Event)

    def asked(self, ending: str) -> list[str]:
        """Return the Range headers of the GET requests for a file."""
        return [r for m, path, r in self.requests if m == "GET" and path.endswith(ending)]


@contextmanager
def running_hub() -> Iterator[Hub]:
    hub = Hub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(hub))
    server.daemon_threads = True
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield hub
    finally:
        hub.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()


def handler_of(hub: Hub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def do_HEAD(self) -> None:
            self.answer(body=False)

        def do_GET(self) -> None:
            self.answer(body=True)

        def answer(self, body: bool) -> None:
            path = unquote(urlsplit(self.path).path)
            hub.requests.append((self.command, path, self.headers.get("Range", "")))
            if hub.down:
                return self.send_json({"error": "down"}, 503)
            parts = path.strip("/").split("/")
            if "/".join(parts[2:4]) in hub.gated:
                return self.send_error_headers(403, "GatedRepo")
            if parts[:2] == ["api", "models"]:
                folder = hub.folders.get("/".join(parts[2:4]))
                if folder is None:
                    return self.no_repository()
                if parts[4:5] == ["tree"]:
                    return self.send_json(tree(folder))
                return self.send_json(info("/".join(parts[2:4]), folder, hub.checksums))
            folder = hub.folders.get("/".join(parts[:2]))
            if folder is None:
                return self.no_repository()
            file = folder / "/".join(parts[4:])
            if not file.is_file():
                return self.send_error_headers(404, "EntryNotFound")
            return self.send_file(file, body)

        def no_repository(self) -> None:
            self.send_error_headers(404, "RepoNotFound")

        def send_error_headers(self, status: int, code: str) -> None:
            self.send_response(status)
            self.send_header("X-Error-Code", code)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def send_json(self, value: object, status: int = 200) -> None:
            data = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def send_file(self, file: Path, body: bool) -> None:
            data = bytearray(file.read_bytes())
            whole, start = len(data), 0
            if file.name in hub.flip:
                data[-1] ^= 1
            wanted = self.headers.get("Range", "")
            if wanted and hub.ranges:
                start = int(wanted.removeprefix("bytes=").split("-")[0])
                self.send_response(206)
                self.send_header("Content-Range", f"bytes {start}-{whole - 1}/{whole}")
            else:
                self.send_response(200)
            self.send_header("Accept-Ranges", "bytes")
            self.send_header("Content-Length", str(whole - start))
            self.send_header("X-Repo-Commit", REVISION)
            self.send_header("ETag", f'"{etag(file)}"')
            if file.suffix in BIG:
                self.send_header("X-Linked-Etag", f'"{etag(file)}"')
                self.send_header("X-Linked-Size", str(whole))
            self.end_headers()
            if body:
                self.send_body(file.name, bytes(data[start:]))

        def send_body(self, name: str, data: bytes) -> None:
            limits = hub.cut.get(name)
            limit = limits.pop(0) if limits else len(data)
            limit = min(limit, hub.stall.get(name, len(data)))
            for begin in range(0, limit, BLOCK):
                self.wfile.write(data[begin : min(begin + BLOCK, limit)])
            self.wfile.flush()
            if name in hub.stall:
                hub.closing.wait(60)
            if limit < len(data):
                self.close_connection = True

    return Handler


def pointer_id(file: Path) -> str:
    """Return a Git hash for the pointer that Git keeps in place of a big file."""
    return hashlib.sha1(file.name.encode()).hexdigest()


def etag(file: Path) -> str:
    """Return the hash by which the hub and the cache name a file's content."""
    data = file.read_bytes()
    if file.suffix in BIG:
        return hashlib.sha256(data).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def info(name: str, folder: Path, checksums: bool) -> dict[str, object]:
    siblings = []
    for file in sorted(folder.iterdir()):
        entry: dict[str, object] = {"rfilename": file.name, "size": file.stat().st_size}
        if checksums:
            entry["blobId"] = pointer_id(file) if file.suffix in BIG else etag(file)
        if checksums and file.suffix in BIG:
            size = file.stat().st_size
            entry["lfs"] = {"sha256": etag(file), "size": size, "pointerSize": 134}
        siblings.append(entry)
    return {"_id": "1", "id": name, "modelId": name, "sha": REVISION, "siblings": siblings}


def tree(folder: Path) -> list[dict[str, object]]:
    entries = []
    for file in sorted(folder.iterdir()):
        size = file.stat().st_size
        entry: dict[str, object] = {"type": "file", "path": file.name, "size": size}
        entry["oid"] = hashlib.sha1(file.name.encode()).hexdigest()
        if file.suffix in BIG:
            entry["lfs"] = {"oid": etag(file), "size": size, "pointerSize": 134}
        entries.append(entry)
    return entries

"""Uploading as a client does it (XEP-0363), and files made by hand."""

import asyncio
import hashlib
import struct
import zlib
from urllib.parse import urlsplit
from xml.sax.saxutils import quoteattr

import aiohttp

import wire
from skein import DOMAIN
from wire import NS

UPLOAD = "urn:xmpp:http:upload:0"
PURPOSE = "urn:xmpp:http:upload:purpose:0"
SERVICE = f"upload.{DOMAIN}"
PLACE = b"52.5170N,013.3889E,00034"


async def announce(client, name: str, size, kind: str = "", purpose: str = "", to: str = SERVICE):
    """The answer to a request for a slot."""
    kind = f" content-type={quoteattr(kind)}" if kind else ""
    return await client.iq("get", f"<request xmlns='{UPLOAD}' filename={quoteattr(name)} size='{size}'{kind}>{purpose}</request>", to)


async def slot(client, name: str, size: int, kind: str = "", purpose: str = "", to: str = SERVICE) -> tuple[str, str]:
    """Where to put the file, and where it will be."""
    answer = await announce(client, name, size, kind, purpose, to)
    found = answer.find(f"{{{UPLOAD}}}slot")
    assert found is not None, answer.attrib
    return found.find(f"{{{UPLOAD}}}put").get("url"), found.find(f"{{{UPLOAD}}}get").get("url")


class Web:
    """Asks the server of this machine, whatever host an address names."""

    def __init__(self, server) -> None:
        self.server = server

    async def __aenter__(self) -> "Web":
        # An answer before the content is read ends the connection: none is used twice.
        once = aiohttp.TCPConnector(force_close=True)
        self.http = aiohttp.ClientSession(auto_decompress=False, connector=once)
        return self

    async def __aexit__(self, *_) -> None:
        await self.http.close()

    def here(self, url: str) -> str:
        parts = urlsplit(url)
        query = f"?{parts.query}" if parts.query else ""
        return f"http://127.0.0.1:{self.server.http_port}{parts.path}{query}"

    async def ask(self, method: str, url: str, data=None, **headers: str):
        """Status, headers and content."""
        from yarl import URL
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        url = URL(self.here(url), encoded=True)
        async with self.http.request(method, url, data=data, headers=headers, skip_auto_headers=["Content-Type"]) as answer:
            return answer.status, answer.headers, await answer.read()

    async def put_head(self, url: str, length: int | str, **headers: str) -> int:
        """The status that the head of an upload gets alone. A refusal comes before the content is read, and whoever
        still sends may find the connection broken instead of it."""
        parts = urlsplit(self.here(url))
        told = {"Host": parts.netloc, **({"Content-Length": length} if length != "chunked" else {"Transfer-Encoding": length})}
        told |= {name.replace("_", "-"): value for name, value in headers.items()}
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        try:
            lines = [f"PUT {parts.path} HTTP/1.1", *(f"{name}: {value}" for name, value in told.items())]
            writer.write("".join(f"{line}\r\n" for line in [*lines, ""]).encode())
            status = await asyncio.wait_for(reader.readline(), wire.PATIENCE)
            return int(status.split()[1])
        finally:
            writer.close()

    async def put(self, url: str, data: bytes, **headers: str):
        return await self.ask("PUT", url, data, **headers)

    async def get(self, url: str, **headers: str):
        return await self.ask("GET", url, **headers)


async def share(client, web: Web, data: bytes, name: str = "file.bin", kind: str = "", purpose: str = "") -> str:
    """Uploads a file; its address."""
    put, get = await slot(client, name, len(data), kind, purpose)
    status, _, content = await web.put(put, data)
    assert status == 201, (status, content)
    return get


def stored(server) -> dict[str, int]:
    """The blobs of a server with their sizes."""
    return {path.name: path.stat().st_size for path in (server.data_dir / "objects").rglob("*") if path.is_file()}


def incoming(server) -> list[str]:
    return [path.name for path in (server.data_dir / "incoming").iterdir()]


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def exif() -> bytes:
    """A block of TIFF that tells a place."""
    entry = lambda tag, kind, count, value: struct.pack("<HHII", tag, kind, count, value)
    return (b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", 1) + entry(0x8825, 4, 1, 26) + bytes(4)
            + struct.pack("<H", 1) + entry(2, 5, 3, 44) + bytes(4) + PLACE)


def png(width: int = 64, height: int = 48, more: bytes = b"", told: tuple[int, int] | None = None) -> bytes:
    """A picture in shades; `told` are other dimensions than it has."""
    rows = b"".join(b"\0" + bytes(channel for x in range(width) for channel in (x * 3 % 256, y * 5 % 256, 90)) for y in range(height))
    header = struct.pack(">IIBBBBB", *(told or (width, height)), 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + more + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()

"""A web site of the test's own on loopback, which counts its visitors; honest and hostile pages."""

import asyncio
import contextlib


class Site:
    """Answers each path as it was told: bytes, or a coroutine that writes what it likes."""

    def __init__(self, pages: dict | None = None) -> None:
        self.pages = pages or {}
        self.asked: list[str] = []
        self.headers: list[str] = []
        self._tasks: set[asyncio.Task] = set()

    async def __aenter__(self) -> "Site":
        self._server = await asyncio.start_server(self._visit, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_) -> None:
        for task in self._tasks:
            task.cancel()
        self._server.close()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    async def _visit(self, reader, writer) -> None:
        task = asyncio.current_task()
        self._tasks.add(task)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            path = head.split(" ")[1]
            self.asked.append(path)
            self.headers.append(head)
            page = self.pages.get(path, answer(404, b"", "text/html"))
            if callable(page):
                await page(writer)
            else:
                writer.write(page)
                await writer.drain()
        with contextlib.suppress(OSError):
            writer.close()
        self._tasks.discard(task)


def answer(status: int, content: bytes, kind: str, **more: str) -> bytes:
    fields = {"Content-Type": kind, "Content-Length": str(len(content)), "Connection": "close"}
    fields |= {name.replace("_", "-"): value for name, value in more.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status} Answer\r\n{lines}\r\n".encode() + content


def page(head: str) -> bytes:
    return answer(200, f"<!DOCTYPE html><html><head>{head}</head><body>words</body></html>".encode(), "text/html; charset=utf-8")


def elsewhere(url: str, status: int = 302) -> bytes:
    return answer(status, b"", "text/html", Location=url)

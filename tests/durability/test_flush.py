"""The acknowledgement and the delivery follow the flush: seen in the system calls.

kill -9 cannot show a missing fsync, because the page cache survives it; strace can.
"""

import re

import pytest

from wire import NS

pytestmark = [pytest.mark.own_server, pytest.mark.slow]

# Lines of `strace -f -yy`: thread, call, and how it ended.
FLUSH = re.compile(r"\b(?:fsync|fdatasync)\((\d+)<([^>]*)>|<\.\.\. (fsync|fdatasync) resumed>")
MESSAGES = 30


@pytest.fixture
def traced(own_server, engine, tmp_path):
    if engine != "sqlite":
        pytest.skip("PostgreSQL flushes in processes of its own; that it does is its own promise")
    trace = tmp_path / "trace"
    calls = "read,readv,recvfrom,recvmsg,write,writev,sendto,sendmsg,fsync,fdatasync,io_uring_enter"
    server = own_server(prefix=["strace", "-f", "-yy", "-s", "4096", "-e", f"trace={calls}", "-e", "signal=none", "-o", str(trace)])
    return server, trace


async def test_acknowledgement_and_delivery_come_after_the_flush_of_the_log(traced):
    server, trace = traced
    alice, bob = await server.people("alice", "bob")
    a, b = await server.login(alice, sm=True), await server.login(bob)
    counts = []
    for number in range(MESSAGES):
        await a.message(b.bare, f"marker-{number}-end")
        counts.append(a.sent)
        assert await a.acknowledged() == a.sent
        await b.expect_message(f"marker-{number}-end")
    server.stop()
    lines = completed(trace.read_text(errors="replace").splitlines())
    assert not any("io_uring_enter" in line for line in lines), "flushes by io_uring are not seen here"
    for number, count in enumerate(counts):
        read = first(lines, 0, rf"\b(?:read|readv|recvfrom|recvmsg)\(.*marker-{number}-end")
        ack = first(lines, read, rf"\b(?:write|writev|sendto|sendmsg)\(\d+<TCP.*{re.escape(NS['sm'])}.*h=.{{0,2}}{count}\b")
        delivery = first(lines, read, rf"\b(?:write|writev|sendto|sendmsg)\(\d+<TCP.*marker-{number}-end")
        flush = next((at for at in range(read, len(lines)) if FLUSH.search(lines[at])), len(lines))
        assert flush < ack, f"message {number}: acknowledged before the flush\n" + "\n".join(lines[read:ack + 1])
        assert flush < delivery, f"message {number}: delivered before the flush\n" + "\n".join(lines[read:delivery + 1])


def first(lines: list[str], start: int, pattern: str) -> int:
    found = next((at for at in range(start, len(lines)) if re.search(pattern, lines[at])), None)
    assert found is not None, f"no {pattern} in the trace"
    return found


def completed(lines: list[str]) -> list[str]:
    """A read or a flush counts where it ended, a write where it began."""
    began: dict[str, tuple[int, str]] = {}
    kept: list[tuple[int, str]] = []
    for at, line in enumerate(lines):
        thread, _, call = line.partition(" ")
        if call.endswith("<unfinished ...>"):
            began[thread] = (at, call.removesuffix("<unfinished ...>"))
        elif (resumed := re.match(r"\s*<\.\.\. (\w+) resumed>(.*)", call)) and thread in began:
            start, head = began.pop(thread)
            writes = resumed.group(1) in ("write", "writev", "sendto", "sendmsg")
            kept.append((start if writes else at, head + resumed.group(2)))
        else:
            kept.append((at, call))
    # A write that never ended went out all the same.
    kept += [(start, head) for start, head in began.values()]
    return [call for _, call in sorted(kept, key=lambda entry: entry[0])]

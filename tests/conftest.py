"""Fixtures: a server for each worker, shared by its tests; async tests; logs on failure."""

import asyncio
import inspect
import os

import pytest

import postgres
import skein
import wire

TEST_SECONDS = 120

_cluster: postgres.Cluster | None = None


def pytest_addoption(parser):
    parser.addoption("--engine", choices=["sqlite", "postgres"], default="sqlite",
                     help="the storage engine of every server that the tests start")


def pytest_configure(config):
    global _cluster
    # The workers of a parallel run inherit the socket's place from the first process.
    if config.getoption("--engine") == "postgres" and "SKEIN_TEST_PG" not in os.environ:
        _cluster = postgres.Cluster()
        os.environ["SKEIN_TEST_PG"] = str(_cluster.folder)


def pytest_unconfigure(config):
    if _cluster:
        _cluster.stop()


def pytest_collection_modifyitems(config, items):
    """What does not depend on the storage engine runs once, with SQLite."""
    if config.getoption("--engine") == "sqlite":
        return
    once = [item for item in items if item.get_closest_marker("once")]
    items[:] = [item for item in items if item not in once]
    config.hook.pytest_deselected(items=once)


@pytest.fixture(scope="session")
def engine(request) -> str:
    return request.config.getoption("--engine")


@pytest.fixture(scope="session")
def shared_server(engine):
    server = skein.make(engine).start()
    yield server
    status = server.stop() if server.running() else 0
    log = server.log_tail()
    server.discard()
    assert status == 0, log


@pytest.fixture
def server(shared_server, request):
    """The worker's server. Tests bring people of their own, so they do not meet."""
    if not shared_server.running():
        # An earlier test brought it down and has failed for it; the others go on.
        shared_server.start()
    before = shared_server.log_size()
    yield shared_server
    request.node.server_log = (shared_server, before)
    judge(shared_server, before)


@pytest.fixture
def own_server(engine, request):
    """Makes servers that end with the test: `own_server(config)` starts one and returns it."""
    servers = []

    def make(config: dict | None = None, start: bool = True, **options) -> skein.Server:
        server = skein.make(engine, config, **options)
        servers.append(server)
        request.node.server_log = (server, 0)
        return server.start() if start else server

    yield make
    for server in servers:
        try:
            judge(server, 0, may_be_down=True)
        finally:
            server.discard()


def judge(server: skein.Server, since: int, may_be_down: bool = False) -> None:
    """Whatever a test looked at: no panic, and the server lives."""
    log = server.log_tail(since, limit=10_000_000)
    assert "panicked at" not in log, "the server panicked:\n" + log[-5_000:]
    assert may_be_down or server.running(), "the server died:\n" + log[-5_000:]


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.failed and (known := server_of(item)):
        server, before = known
        report.sections.append(("server log", server.log_tail(before)))


def server_of(item):
    if known := getattr(item, "server_log", None):
        return known
    server = getattr(item, "funcargs", {}).get("server")
    return (server, 0) if server else None


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    """Runs `async def` tests, each in a loop of its own, and cuts their connections at the end."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    marker = pyfuncitem.get_closest_marker("slow")
    seconds = TEST_SECONDS * (3 if marker else 1)

    async def run():
        try:
            await asyncio.wait_for(pyfuncitem.obj(**arguments), seconds)
        finally:
            for door in wire.opened:
                await door.close()
            wire.opened.clear()

    asyncio.run(run())
    return True

"""A disk that takes nothing: what cannot be kept is not acknowledged, and reaches nobody."""

import json

import aiohttp
import pytest

import login
import skein
import wire
from shim import shim

pytestmark = [pytest.mark.own_server, pytest.mark.once]


class Refusing(skein.Server):
    """Its disk is full, or broken, while somebody says so."""

    def __init__(self, engine: str, **options):
        super().__init__(engine, **options)
        self._library = shim("refusing.c", self.folder)
        self._switch = self.folder / "refuses"

    def environment(self) -> dict:
        return super().environment() | {"LD_PRELOAD": str(self._library), "REFUSING": str(self._switch)}

    def fill(self) -> None:
        self._switch.write_text("")

    def damage(self) -> None:
        self._switch.write_text("broken")

    def mend(self) -> None:
        self._switch.unlink()


@pytest.fixture
def refusing():
    server = Refusing("sqlite")
    yield server.start()
    server.discard()


async def health(server) -> tuple[int, str]:
    async with aiohttp.ClientSession() as http:
        async with http.get(f"http://127.0.0.1:{server.http_port}/health") as answer:
            return answer.status, json.loads(await answer.text())["status"]


async def read(client) -> list[str]:
    """What its archive has, oldest first."""
    await client.result("set", "<query xmlns='urn:xmpp:mam:2'/>")
    bodies = [message.find(".//{jabber:client}body") for message in client.wire.peek("message/mam:result")]
    return [body.text for body in bodies if body is not None]


async def refused(sender, receiver, body: str) -> None:
    """The sender is told that it was not kept, and nobody else gets it."""
    id = await sender.message(receiver.bare, body)
    error = await sender.expect(f"message[@id='{id}'][@type='error']")
    assert wire.error_of(error) in ("internal-server-error", "resource-constraint")
    assert not receiver.wire.peek(f"message[body='{body}']"), receiver.wire.describe()


async def test_on_a_full_disk_nothing_is_acknowledged_and_with_room_it_goes_on(refusing):
    alice, bob = await refusing.people("alice", "bob")
    a, b = await refusing.login(alice), await refusing.login(bob)
    await login.befriend(a, b)
    await a.message(bob.jid, "there is room")
    await b.expect_message("there is room")
    refusing.fill()
    await refused(a, b, "there is none")
    assert await health(refusing) == (200, "ok")
    refusing.mend()
    await a.message(bob.jid, "there is room again")
    await b.expect_message("there is room again")
    assert not b.wire.peek("message[body='there is none']"), b.wire.describe()
    refusing.kill()
    refusing.start()
    assert await read(await refusing.login(bob)) == ["there is room", "there is room again"]


async def test_after_an_error_of_the_disk_nothing_is_acknowledged_until_a_restart_and_health_says_so(refusing):
    alice, bob = await refusing.people("alice", "bob")
    a, b = await refusing.login(alice), await refusing.login(bob)
    await login.befriend(a, b)
    await a.message(bob.jid, "it works")
    await b.expect_message("it works")
    assert await health(refusing) == (200, "ok")
    refusing.damage()
    await refused(a, b, "it is broken")
    assert await health(refusing) == (503, "storage failed")
    # What the system said it had written may be gone: only who reads the disk anew knows.
    refusing.mend()
    await refused(a, b, "it seems to work")
    refusing.kill()
    refusing.start()
    assert await health(refusing) == (200, "ok")
    a, b = await refusing.login(alice), await refusing.login(bob)
    await a.message(bob.jid, "it works again")
    await b.expect_message("it works again")
    assert await read(b) == ["it works", "it works again"]

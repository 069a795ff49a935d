"""Streams, SASL (RFC 6120), SASL2 (XEP-0388) with Bind 2 (XEP-0386)."""

import pytest

import login
import wire
from skein import DOORS
from wire import NS


@pytest.mark.parametrize("door", DOORS)
async def test_two_people_log_in_and_chat(server, door):
    alice, bob = await server.people("alice", "bob")
    a = await server.login(alice, door)
    b = await server.login(bob, door, resource="phone")
    assert a.jid.startswith(alice.jid + "/")
    assert b.jid == bob.jid + "/phone"
    await a.message(b.jid, "hello")
    message = await b.expect_message("hello")
    assert message.get("from") == a.jid
    await b.message(a.jid, "hello back")
    await a.expect_message("hello back")

"""The compact binding (docs/wire.md) beside XML: what one sees the other sees."""

import hashlib
import re
import urllib.request
import uuid
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

import compact
import login
import wire
import websocket
from wire import NS

ROOT = Path(__file__).resolve().parents[2]
COMPACT = ["compact", "compact-tls"]


def canonical(element: ET.Element) -> str:
    return ET.canonicalize(ET.tostring(element, encoding="unicode"))


SAID = ["hello", "今天下午三点在图书馆见面,好吗?", "a < b && c > \"d\" 'e'\nsecond line\ttab", "🙂🎉", "123", "x" * 5000,
        "3a5c1d90-7be2-4f0e-9a4b-0123456789ab", "2026-11-27T20:06:54Z", "available"]


@pytest.mark.parametrize("door", COMPACT)
async def test_a_client_of_the_binding_and_one_of_xml_see_identical_stanzas(server, door):
    alice, bob = await server.people("alice", "bob")
    a = await server.login(alice, door)
    # Two devices of the same account, one in each binding: what goes to the account reaches both.
    one, other = await server.login(bob, "tcp"), await server.login(bob, door)
    content = ("<subject xml:lang='de'>über</subject><thread parent='e0ffe42b28561960'>7</thread>"
               "<x xmlns='urn:test:unknown' n='007' u='3A5C1D90-7BE2-4F0E-9A4B-0123456789AB'><y xmlns='urn:test:other' a='&amp;&#10;'/>text</x>"
               "<encrypted xmlns='eu.siacs.conversations.axolotl'><payload>q83vEjRWeJCrze8SNFZ4kA==</payload></encrypted>")
    for number, body in enumerate(SAID):
        id = f"{number}-{uuid.uuid4()}"
        await a.message(bob.jid, body, id=id, more=content)
        seen = [await session.expect(f"message[@id='{id}']") for session in (one, other)]
        assert wire.body_of(seen[0]) == body
        for message, session in zip(seen, (one, other)):
            assert message.attrib.pop("to") in (session.jid, bob.jid)
        assert canonical(seen[0]) == canonical(seen[1])
    await one.message(a.jid, "back, in XML")
    assert (await a.expect_message("back, in XML")).get("from") == one.jid
    await other.message(a.jid, "back, in the binding")
    assert (await a.expect_message("back, in the binding")).get("from") == other.jid


@pytest.mark.parametrize("door", COMPACT)
async def test_content_that_goes_from_binding_to_binding_keeps_its_meaning(server, door):
    # Only what the table knows, so that it leaves as it came: addresses of the own domain and of the sender, values twice.
    alice, bob = await server.people("alice", "bob")
    a, one, other = await server.login(alice, door), await server.login(bob, "tcp"), await server.login(bob, door)
    for number, near in enumerate(("", bob.jid, f"carol@{alice.domain}", a.jid, alice.jid, alice.domain, f"rooms.{alice.domain}")):
        id = f"{number}-{uuid.uuid4()}"
        content = (f"<origin-id xmlns='{NS['sid']}' id='{id}'/><active xmlns='http://jabber.org/protocol/chatstates'/>"
                   f"<x xmlns='jabber:x:conference' jid='{near}' reason='{near}'/><thread>{'twice' * 3}</thread><subject>{'twice' * 3}</subject>")
        await a.message(bob.jid, "see you there", id=id, more=content)
        seen = [await session.expect(f"message[@id='{id}']") for session in (one, other)]
        for message, session in zip(seen, (one, other)):
            assert message.attrib.pop("to") in (session.jid, bob.jid)
            assert message.find("sid:origin-id", NS).get("id") == id
        assert canonical(seen[0]) == canonical(seen[1])


@pytest.mark.parametrize("door", COMPACT)
async def test_the_archive_is_the_same_in_both_bindings(server, door):
    alice, bob = await server.people("alice", "bob")
    a, b = await server.login(alice, door), await server.login(bob)
    for number, body in enumerate(SAID):
        await a.message(b.jid, body, id=f"m{number}")
    await a.settle()
    pages = []
    for name in ("tcp", door):
        reader = await server.login(alice, name, presence=False)
        await reader.result("set", f"<query xmlns='{NS['mam']}' queryid='q'/>")
        pages.append([canonical(result.find("mam:result", NS)) for result in reader.wire.peek("message/mam:result")])
    assert len(pages[0]) == len(SAID) and pages[0] == pages[1]


@pytest.mark.parametrize("before, after", [("compact", "tcp"), ("tcp", "compact"), ("compact-tls", "websocket"), ("websocket", "compact-tls")])
async def test_a_session_goes_on_in_the_other_binding(server, before, after):
    alice, bob = await server.people("alice", "bob")
    a, b = await server.login(alice, before, sm=True), await server.login(bob)
    await a.cut()
    await b.message(a.jid, "while you were away")
    await b.settle()
    back, outcome = await login.resume(await server.door(after), a)
    assert wire.local(outcome) == "resumed"
    assert (await back.expect_message("while you were away")).get("to") == a.jid
    await back.message(b.jid, "here again")
    assert (await b.expect_message("here again")).get("from") == a.jid


@pytest.mark.parametrize("door", COMPACT)
async def test_login_in_one_round_trip_and_resumption_tell_the_address(server, door):
    [alice] = await server.people("alice")
    a = await server.login(alice, door, sasl=2, presence=False)
    await a.settle()
    assert a.wire.codec.own == a.jid
    b = await server.login(alice, door, sasl=1, sm=True)
    assert b.wire.codec.own == b.jid
    await b.cut()
    back, _ = await login.resume(await server.door(door), b)
    await back.settle()
    assert back.wire.codec.own == b.jid


async def test_the_first_subprotocol_of_the_client_that_the_server_speaks_is_taken(server):
    for offered, chosen in [("xmpp, skein-wire-1", "xmpp"), ("skein-wire-1, xmpp", "skein-wire-1"), ("skein-wire-9, xmpp", "xmpp")]:
        socket = await websocket.Socket.connect("127.0.0.1", server.http_port, server.ws_path, {"Sec-WebSocket-Protocol": offered})
        assert socket.protocol == chosen
        socket.abort()


@pytest.mark.once
async def test_the_table_is_served_and_is_the_one_that_the_specification_names(server):
    with urllib.request.urlopen(f"http://127.0.0.1:{server.http_port}/wire/1.txt") as answer:
        table = answer.read()
        assert answer.headers["content-type"].startswith("text/plain")
        assert "immutable" in answer.headers["cache-control"]
    assert table == (ROOT / "lib/wire/table/1.txt").read_bytes()
    assert hashlib.sha256(table).hexdigest() in (ROOT / "docs/wire.md").read_text()


def test_the_vectors_hold_for_a_decoder_written_from_the_specification():
    lines = (ROOT / "lib/wire/tests/vectors.txt").read_text().splitlines()
    assert len(lines) > 90
    for own, xml, message in zip(lines[::3], lines[1::3], lines[2::3]):
        codec = compact.Codec()
        codec.own = None if own == "-" else own
        assert canonical(ET.fromstring(codec.decode(bytes.fromhex(message)))) == canonical(ET.fromstring(xml)), xml


@pytest.mark.parametrize("door", COMPACT)
async def test_an_ordinary_exchange_takes_a_third_of_the_bytes_or_less(server, door):
    """What the server sends, counted on the connection; login and random ids are in it."""
    taken = {}
    for name in ("websocket", door):
        alice, bob = await server.people("alice", "bob")
        a, b = await server.login(alice, name), await server.login(bob)
        start = len(a.wire.raw)
        for number in range(20):
            id = await b.message(a.jid, f"See you tomorrow at {number} o'clock then.", id=str(uuid.uuid4()),
                                 more="<request xmlns='urn:xmpp:receipts'/><markable xmlns='urn:xmpp:chat-markers:0'/>")
            await a.message(b.jid, "", more=f"<received xmlns='urn:xmpp:receipts' id='{id}'/>")
            await b.message(a.jid, "", id=str(uuid.uuid4()), more=f"<received xmlns='urn:xmpp:receipts' id='{id}'/>")
        await b.message(a.jid, "end")
        await a.expect_message("end")
        taken[name] = len(a.wire.raw) - start
    print(taken)
    assert taken[door] * 3 < taken["websocket"], taken


@pytest.mark.once
def test_the_specification_names_every_operation_once():
    text = (ROOT / "docs/wire.md").read_text()
    numbers = re.findall(r"^\| (\d+)(?:, (\d+), (\d+))? \|", text, re.M)
    known = [int(number) for group in numbers for number in group if number]
    assert [number for number in known if number < 20][-20:] == list(range(20))

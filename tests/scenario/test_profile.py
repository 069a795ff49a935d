"""Who somebody is and looks like: vCards and avatars of every kind (XEP-0054, 0084, 0153, 0292, 0398)."""

import base64
import hashlib

from test_published import EVENT, PUBSUB, ids, items, pair, publish, wants
from wire import NS, error_of

VCARD, UPDATE, VCARD4 = "vcard-temp", "vcard-temp:x:update", "urn:ietf:params:xml:ns:vcard-4.0"
DATA, METADATA = "urn:xmpp:avatar:data", "urn:xmpp:avatar:metadata"
IMAGE = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
HASH = hashlib.sha1(IMAGE).hexdigest()


async def put_avatar(client, image: bytes = IMAGE, kind: str = "image/png", **options):
    hash = hashlib.sha1(image).hexdigest()
    data = base64.b64encode(image).decode()
    answer = await publish(client, DATA, f"<data xmlns='{DATA}'>{data}</data>", id=hash, **options)
    assert answer.get("type") == "result"
    info = f"<info bytes='{len(image)}' id='{hash}' type='{kind}'/>"
    return await publish(client, METADATA, f"<metadata xmlns='{METADATA}'>{info}</metadata>", id=hash, **options)


async def vcard(client, to: str | None = None):
    return await client.iq("get", f"<vCard xmlns='{VCARD}'/>", to)


def binval(answer) -> bytes | None:
    text = answer.findtext(f"{{{VCARD}}}vCard/{{{VCARD}}}PHOTO/{{{VCARD}}}BINVAL")
    return base64.b64decode(text) if text else None


def shown(presence) -> str | None:
    return presence.findtext(f"{{{UPDATE}}}x/{{{UPDATE}}}photo")


async def test_an_avatar_of_the_new_kind_is_one_of_the_old_kind(server):
    a, b = await pair(server)
    await put_avatar(a)
    # Contacts are told at once, without a word of the client.
    presence = await b.expect(f"presence[@from='{a.jid}']")
    while shown(presence) is None:
        presence = await b.expect(f"presence[@from='{a.jid}']")
    assert shown(presence) == HASH
    assert binval(await vcard(b, a.bare)) == IMAGE
    # It is in all presence that follows, directed presence included.
    await a.presence("<show>away</show>")
    presence = await b.expect(f"presence[@from='{a.jid}']")
    assert (shown(presence), presence.findtext("show", None, NS)) == (HASH, "away")
    await a.presence(f"<x xmlns='{UPDATE}'><photo>0000</photo></x>", to=b.jid)
    assert shown(await b.expect(f"presence[@from='{a.jid}']")) == HASH
    await a.presence(f"<x xmlns='{UPDATE}'><photo/></x>")
    assert shown(await b.expect(f"presence[@from='{a.jid}']")) == "", "who shows none shows none"
    # Other devices say it too.
    other = await server.login(a.account)
    assert shown(await b.expect(f"presence[@from='{other.jid}']")) == HASH
    await publish(a, METADATA, f"<metadata xmlns='{METADATA}'/>", id="none")
    assert shown(await b.expect(f"presence[@from='{other.jid}']")) in (None, "")
    assert error_of(await vcard(b, a.bare)) == "item-not-found"


async def test_an_avatar_of_the_old_kind_is_one_of_the_new_kind(server):
    a, b = await pair(server)
    await wants(b, METADATA)
    photo = f"<PHOTO><TYPE>image/png</TYPE><BINVAL>{base64.b64encode(IMAGE).decode()}</BINVAL></PHOTO>"
    await a.result("set", f"<vCard xmlns='{VCARD}'><FN>Alice</FN>{photo}</vCard>")
    event = await b.expect(EVENT.format(METADATA))
    info = event.find(f".//{{{METADATA}}}info")
    assert (info.get("id"), info.get("type"), info.get("bytes")) == (HASH, "image/png", str(len(IMAGE)))
    assert ids(await items(b, DATA, a.bare)) == [HASH]
    assert shown(await b.expect(f"presence[@from='{a.jid}']")) == HASH
    # Without the photo it is taken away.
    await a.result("set", f"<vCard xmlns='{VCARD}'><FN>Alice</FN></vCard>")
    event = await b.expect(EVENT.format(METADATA))
    assert event.find(f".//{{{METADATA}}}info") is None
    assert binval(await vcard(b, a.bare)) is None


async def test_vcards_of_both_kinds_are_one(server):
    a, b = await pair(server)
    old = "<FN>Alice Liddell</FN><N><FAMILY>Liddell</FAMILY><GIVEN>Alice</GIVEN></N><MAILER>quill</MAILER>"
    await a.result("set", f"<vCard xmlns='{VCARD}'>{old}</vCard>")
    answer = await b.result("get", f"<vcard xmlns='{VCARD4}'/>", a.bare)
    assert answer.findtext(f"{{{VCARD4}}}vcard/{{{VCARD4}}}fn/{{{VCARD4}}}text") == "Alice Liddell"
    # What the new kind cannot say is not lost to clients of the old.
    assert (await vcard(b, a.bare)).findtext(f"{{{VCARD}}}vCard/{{{VCARD}}}MAILER") == "quill"
    await publish(a, "urn:xmpp:vcard4", f"<vcard xmlns='{VCARD4}'><fn><text>Alice</text></fn><nickname><text>Al</text></nickname></vcard>")
    card = (await vcard(b, a.bare)).find(f"{{{VCARD}}}vCard")
    assert [card.findtext(f"{{{VCARD}}}{name}") for name in ("FN", "NICKNAME", "MAILER")] == ["Alice", "Al", None]
    await a.result("set", f"<vcard xmlns='{VCARD4}'><fn><text>A.</text></fn></vcard>")
    assert (await vcard(a)).findtext(f"{{{VCARD}}}vCard/{{{VCARD}}}FN") == "A."


async def test_strangers_see_no_more_of_a_vcard_than_of_the_nodes(server):
    alice, mallory = await server.people("alice", "mallory")
    a, m = await server.login(alice), await server.login(mallory)
    assert (await vcard(a)).find(f"{{{VCARD}}}vCard") is not None, "one's own is empty"
    await put_avatar(a)
    await publish(a, "urn:xmpp:vcard4", f"<vcard xmlns='{VCARD4}'><fn><text>Alice</text></fn></vcard>")
    for to in (a.bare, "nobody@localhost"):
        assert error_of(await vcard(m, to)) == "service-unavailable"
        assert error_of(await m.iq("get", f"<vcard xmlns='{VCARD4}'/>", to)) == "service-unavailable"
    assert (await m.iq("set", f"<vCard xmlns='{VCARD}'><FN>M</FN></vCard>", a.bare)).get("type") == "error"
    assert (await vcard(a)).findtext(f"{{{VCARD}}}vCard/{{{VCARD}}}FN") == "Alice"


async def test_an_avatar_is_an_image_named_by_its_hash_and_small(server):
    [alice] = await server.people("alice")
    a = await server.login(alice)
    data = base64.b64encode(IMAGE).decode()
    for payload, id in ((f"<data xmlns='{DATA}'>{data}</data>", "0" * 40), (f"<data xmlns='{DATA}'>?</data>", HASH),
                        (f"<data xmlns='{DATA}'>{base64.b64encode(b'x' * 70_000).decode()}</data>", hashlib.sha1(b"x" * 70_000).hexdigest())):
        assert error_of(await publish(a, DATA, payload, id=id)) == "not-acceptable"
    assert error_of(await items(a, DATA)) == "item-not-found"
    large = base64.b64encode(b"x" * 70_000).decode()
    refused = await a.iq("set", f"<vCard xmlns='{VCARD}'><FN>A</FN><PHOTO><BINVAL>{large}</BINVAL></PHOTO></vCard>")
    assert error_of(refused) == "not-acceptable"
    assert (await vcard(a)).findtext(f"{{{VCARD}}}vCard/{{{VCARD}}}FN") is None


async def test_the_hash_survives_a_restart(own_server):
    server = own_server()
    a, b = await pair(server)
    await put_avatar(a)
    for client in (a, b):
        await client.cut()
    server.restart()
    b = await server.login(b.account)
    a = await server.login(a.account)
    assert shown(await b.expect(f"presence[@from='{a.jid}']")) == HASH

"""What a group of foreign clients shows each other: pictures of people and of the room, files, reactions; and what those get
who were away."""

import asyncio
import base64
import io

import pytest

import rooms
import skein
from company import Slixmpp, company
from uploads import Web, png
from wire import NS

OOB = "{jabber:x:oob}x"


async def with_uploads(own_server) -> skein.Server:
    """Where files lie is told by an address that browsers reach."""
    [port] = skein.free_ports(1)
    return own_server({"upload": {"url": f"http://localhost:{port}"}}, ports={"http": port})


async def wear(guest: Slixmpp, image: bytes) -> None:
    """A picture of oneself for everybody, and the word of it in presence (XEP-0153)."""
    await guest.photo.set_avatar(avatar=image, mtype="image/png")


async def share(guest: Slixmpp, room: str, name: str, kind: str, data: bytes) -> str:
    """Uploads (XEP-0363) and posts with both ways of saying that it is a file (XEP-0066, XEP-0447)."""
    url = await guest.upload.upload_file(name, size=len(data), content_type=kind, input_file=io.BytesIO(data))
    message = guest.client.make_message(room, mbody=url, mtype="groupchat")
    message["oob"]["url"] = url
    message.append(guest.files.get_sfs(data=data, uris=[url], media_type=kind, disposition="inline"))
    message.send()
    return url


@pytest.mark.slow
async def test_pictures_files_and_reactions_go_round_in_a_group(own_server, tmp_path):
    server = await with_uploads(own_server)
    async with company(server, tmp_path) as (olga, sam, paul, carla):
        room = rooms.name("gallery")
        face, door, beach = png(32, 32), png(40, 40), png(64, 48)
        await wear(sam, face)
        await olga.make(room, membersonly=True, publicroom=False)
        for guest in (sam, paul, carla):
            await olga.muc.set_affiliation(room, "member", jid=guest.account.jid)
            await guest.enter(room)

        # The picture of an occupant: slixmpp asks for the card through the room, converse draws it.
        card = await olga.vcard.get_vcard(f"{room}/sam", cached=False)
        assert card["vcard_temp"]["PHOTO"]["BINVAL"] == face
        await sam.say(room, "my face")
        await carla.sees("my face")
        await carla.order("pictures", where=".chat-msg", content=base64.b64encode(face).decode(), shot="face")
        # That of the room (XEP-0486).
        picture = olga.vcard.make_vcard()
        picture["PHOTO"]["TYPE"], picture["PHOTO"]["BINVAL"] = "image/png", door
        await olga.vcard.publish_vcard(picture, jid=room)
        await sam.message(lambda message: message.xml.find("user:x/user:status[@code='104']", NS) is not None)
        assert (await sam.vcard.get_vcard(room, cached=False))["vcard_temp"]["PHOTO"]["BINVAL"] == door
        await carla.order("pictures", where="converse-muc-heading", content=base64.b64encode(door).decode(), shot="room")

        # A file from slixmpp is seen in the browser, and its address in the terminal.
        url = await share(sam, room, "beach.png", "image/png", beach)
        await carla.order("shows", element="img", file=url.rsplit("/", 1)[-1], shot="file")
        await paul.sees(url[-30:])
        got = await olga.message(lambda message: message["oob"]["url"] == url)
        assert got["sfs"]["file"]["media-type"] == "image/png" and got["sfs"]["sources"]["url-data"]["target"] == url
        # And one from the browser, by its own button.
        (tmp_path / "walk.png").write_bytes(door)
        await carla.order("attach", file=str(tmp_path / "walk.png"))
        theirs = await sam.message(lambda message: message["from"].resource == "carla" and message.xml.find(OOB) is not None)
        async with Web(server) as web:
            status, headers, content = await web.get(theirs["oob"]["url"])
        assert (status, headers["Content-Type"], content) == (200, "image/png", door)

        # Reactions (XEP-0444) go by the id that the room gave the message.
        await olga.say(room, "react to this")
        target = await sam.message(lambda message: message["body"] == "react to this")
        [id] = [stamp.get("id") for stamp in target.xml.iterfind("sid:stanza-id", NS) if stamp.get("by") == room]
        reaction = sam.client.make_message(room, mtype="groupchat")
        sam.reactions.set_reactions(reaction, id, {"👍"})
        reaction.send()
        heard = await olga.message(lambda message: message["reactions"]["id"] == id)
        assert heard["reactions"]["values"] == {"👍"} and heard["from"].resource == "sam"
        await carla.order("reacted", text="react to this", emoji="👍")
        await carla.order("react", text="react to this", emoji="👍", shot="reactions")
        await olga.message(lambda message: message["reactions"]["id"] == id and message["from"].resource == "carla")


@pytest.mark.slow
async def test_who_was_away_gets_what_was_missed_from_the_archive_or_as_history(own_server, tmp_path):
    """Sam's client reads the archive, Paul's asks for nothing; both were members the whole time."""
    server = await with_uploads(own_server)
    async with company(server, tmp_path, with_browser=False) as (olga, sam, paul):
        room = rooms.name("away")
        await olga.make(room, membersonly=True, publicroom=False)
        for guest in (sam, paul):
            await olga.muc.set_affiliation(room, "member", jid=guest.account.jid)
            await guest.enter(room)
        await olga.say(room, "all are here")
        for guest in (sam, paul):
            await guest.sees("all are here")
        [last] = [message.xml.find("sid:stanza-id", NS).get("id") for message in sam.messages if message["body"] == "all are here"]
        sam.muc.leave_muc(room, "sam")
        paul.terminal.type("/close")
        for guest in (sam, paul):
            await gone(olga, room, guest.nick)

        await olga.say(room, "missed words")
        url = await share(olga, room, "missed.png", "image/png", png())
        [id] = [stamp.get("id") for stamp in (await olga.message(lambda message: message["body"] == "missed words")).xml.iterfind("sid:stanza-id", NS)]
        reaction = olga.client.make_message(room, mtype="groupchat")
        olga.reactions.set_reactions(reaction, id, {"🎉"})
        reaction.send()
        await olga.message(lambda message: message["reactions"]["id"] == id)

        # By the archive, without being inside.
        found = [result["mam_result"]["forwarded"]["stanza"] async for result in sam.mam.iterate(room, rsm={"after": last})]
        assert [message["body"] for message in found if message["body"]] == ["missed words", url]
        assert [message["oob"]["url"] for message in found if message.xml.find(OOB) is not None] == [url]
        assert [message["reactions"]["values"] for message in found if message["reactions"]["id"] == id] == [{"🎉"}]
        # As history: once, and nothing that was seen before.
        await paul.enter(room)
        for text in ("missed words", url[-30:]):
            await paul.sees(text)
        assert "all are here" not in paul.terminal.screen()


async def gone(guest: Slixmpp, room: str, nick: str) -> None:
    async with asyncio.timeout(30):
        while nick in guest.muc.get_roster(room):
            await guest.client.wait_until("groupchat_presence", timeout=30)

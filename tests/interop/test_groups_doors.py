"""Foreign clients before the doors of rooms: for members, with a password, of a circle, of a community (docs/rooms.md)."""

import xml.etree.ElementTree as ET

import pytest

import rooms
from company import OWN, chat, company
from wire import NS

REGISTER = "http://jabber.org/protocol/muc#register"
PUBSUB = "pubsub.localhost"
SPACE = "urn:xmpp:spaces:0"


@pytest.mark.slow
async def test_a_room_for_members_is_entered_by_request_by_invitation_and_by_an_owners_word(server, tmp_path):
    async with company(server, tmp_path) as (olga, sam, paul, carla):
        room = rooms.name("members")
        await olga.make(room, membersonly=True, publicroom=True, own_requests=True)
        await sam.kept_out(room, "registration-required")
        await paul.kept_out(room, "registration-required")
        await carla.kept_out(room, "not on the member list")

        # Sam asks, by the registration of XEP-0045; Olga gets the form and answers it.
        ask = sam.client.make_iq_set(ito=room)
        query = ET.SubElement(ask.xml, f"{{{NS['register']}}}query")
        query.append(ET.fromstring(f"<x xmlns='{NS['data']}' type='submit'>{rooms.field('FORM_TYPE', REGISTER)}"
                                   f"{rooms.field('muc#register_roomnick', 'sam')}</x>"))
        assert (await ask.send()).xml.find(f"{{{OWN}}}requested") is not None
        await olga.answer(room, REGISTER, **{"muc#register_allow": "1"})
        await sam.message(lambda message: message.xml.find("user:x/user:invite", NS) is not None)
        await sam.enter(room)
        # Paul is invited, and profanity offers to enter.
        olga.muc.invite(room, paul.account.jid)
        await paul.sees("Chat room invite received")
        await paul.enter(room)
        # Carla is made a member.
        await olga.muc.set_affiliation(room, "member", jid=carla.account.jid)
        await carla.enter(room)
        await chat(room, olga, sam, paul, carla)
        # Who is no member any more is out.
        await sam.put_out(room, olga.muc.set_affiliation(room, "none", jid=sam.account.jid))
        await sam.kept_out(room, "registration-required")


@pytest.mark.once
@pytest.mark.slow
async def test_a_password_opens_a_room_to_every_client_and_a_wrong_one_does_not(server, tmp_path):
    async with company(server, tmp_path) as (olga, sam, paul, carla):
        room = rooms.name("password")
        await olga.make(room, passwordprotectedroom=True, roomsecret="sesame")
        await sam.kept_out(room, "not-authorized")
        await paul.kept_out(room, "not-authorized")
        await carla.knock(room)
        await carla.order("told", text="This groupchat requires a password")
        await sam.enter(room, "sesame")
        await paul.enter(room, "sesame")
        await carla.order("unlock", password="barley")
        await carla.order("denied")
        await carla.order("unlock", password="sesame")
        await carla.order("inside", room=room)
        await chat(room, olga, sam, paul, carla)


@pytest.mark.slow
async def test_a_circle_chats_in_a_group_that_to_everybody_elses_client_is_not_there(server, tmp_path):
    async with company(server, tmp_path) as (olga, sam, paul, carla):
        boss = await rooms.administrator(server)
        circle = await rooms.circle(boss, *(guest.account.jid for guest in (olga, sam, carla)))
        make = olga.client.make_iq_set(ito=rooms.HOST)
        make.xml.append(ET.fromstring(f"<create xmlns='{OWN}' nick='olga'>{rooms.config_form(own_circles=[circle], roomname='Family')}</create>"))
        room = (await make.send()).xml.find(".//rooms:created", NS).get("jid")
        for guest in (olga, sam, carla):
            await guest.enter(room)
        await chat(room, olga, sam, carla)
        listed = await sam.client.plugin["xep_0030"].get_items(jid=rooms.HOST)
        assert room in {str(jid) for jid, _, _ in listed["disco_items"]["items"]}

        # Paul knows the address and learns no more than of one where nothing is.
        nowhere = "~" + "q" * 20 + "@" + rooms.HOST
        seen = {}
        for address in (room, nowhere):
            await paul.kept_out(address, "item-not-found")
            paul.terminal.type(f"/disco info {address}")
            await paul.sees(f"Service discovery failed for {address}: item-not-found")
            lines = [line[9:].replace(address, "ADDRESS").rstrip() for line in paul.terminal.screen().splitlines()]
            seen[address] = [line for line in lines if "ADDRESS" in line or "item-not-found" in line]
        assert seen[room] == seen[nowhere] != [], seen
        assert "Family" not in paul.terminal.screen()


@pytest.mark.slow
async def test_whoever_joins_a_community_is_in_its_rooms_until_they_leave_it(server, tmp_path):
    async with company(server, tmp_path, with_browser=False) as (olga, sam, paul):
        room, node = rooms.name("community"), rooms.name("space").partition("@")[0]
        form = olga.client.plugin["xep_0004"].make_form(ftype="submit")
        form.add_field(var="FORM_TYPE", ftype="hidden", value="http://jabber.org/protocol/pubsub#node_config")
        form.add_field(var="pubsub#type", value=SPACE)
        form.add_field(var="pubsub#access_model", value="open")
        form.add_field(var="pubsub#persist_items", value="1")
        await olga.pubsub.create_node(PUBSUB, node, config=form)
        await olga.make(room, membersonly=True, publicroom=True, pubsub=f"xmpp:{PUBSUB}?;node={node}")
        item = ET.fromstring("<conference xmlns='urn:xmpp:bookmarks:1' autojoin='true' name='Square'/>")
        await olga.pubsub.publish(PUBSUB, node, id=room, payload=item)
        await sam.kept_out(room, "registration-required")
        await sam.pubsub.subscribe(PUBSUB, node)
        await sam.enter(room)
        await paul.kept_out(room, "registration-required")
        await chat(room, olga, sam)
        await sam.put_out(room, sam.pubsub.unsubscribe(PUBSUB, node))
        await sam.kept_out(room, "registration-required")

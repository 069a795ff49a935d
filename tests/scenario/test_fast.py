"""Logging in by token: FAST (XEP-0484) inside SASL2 (XEP-0388)."""

import base64
import hashlib
import hmac
import uuid
from datetime import datetime, timedelta, timezone

import pytest

import login
import vanish
from wire import NS

UNBOUND = "HT-SHA-256-NONE"


async def get_token(server, account, device: str, mechanism: str = UNBOUND) -> str:
    door = await server.starttls()
    features = await door.open()
    offered = [element.text for element in
               features.iterfind("sasl2:authentication/sasl2:inline/fast:fast/fast:mechanism", NS)]
    assert mechanism in offered, offered
    inline = (login.user_agent(device) + f"<request-token xmlns='{NS['fast']}' mechanism='{mechanism}'/>"
              + f"<bind xmlns='{NS['bind2']}'><tag>t</tag></bind>")
    success = await login.sasl2(door, account, inline=inline)
    token = success.find("fast:token", NS)
    assert token is not None and token.get("expiry")
    await door.close()
    return token.get("token")


async def token_login(server, account, token: str, device: str, mechanism: str = UNBOUND, *, binding: bytes = b"",
                      fast: str = "", more: str = "", door=None):
    """`<success/>` of a login by token alone; raises `SaslFailure`."""
    if door is None:
        door = await server.starttls()
        await door.open()
    inline = (login.user_agent(device) + f"<fast xmlns='{NS['fast']}'{fast}/>"
              + f"<bind xmlns='{NS['bind2']}'><tag>t</tag></bind>" + more)
    await login.send_authenticate(door, mechanism, login.ht_initial(account.name, token, binding), inline)
    return await login.sasl2_outcome(door)


async def test_a_token_logs_in_and_the_server_proves_that_it_knows_it_too(server):
    [alice] = await server.people("alice")
    device = str(uuid.uuid4())
    token = await get_token(server, alice, device)
    success = await token_login(server, alice, token, device)
    assert success.findtext("sasl2:authorization-identifier", "", NS).startswith(alice.jid + "/")
    proof = base64.b64decode(success.findtext("sasl2:additional-data", "", NS))
    assert proof == hmac.new(token.encode(), b"Responder", hashlib.sha256).digest()


async def test_a_token_survives_a_restart_of_the_server(own_server):
    server = own_server()
    [alice] = await server.people("alice")
    device = str(uuid.uuid4())
    token = await get_token(server, alice, device)
    server.restart()
    assert (await token_login(server, alice, token, device)) is not None


async def test_a_token_bound_to_the_certificate_logs_in_with_the_binding_only(server):
    import channel
    [alice] = await server.people("alice")
    device = str(uuid.uuid4())
    token = await get_token(server, alice, device, "HT-SHA-256-ENDP")
    door = await server.starttls()
    await door.open()
    _, binding = channel.server_end_point(door)
    await token_login(server, alice, token, device, "HT-SHA-256-ENDP", binding=binding, door=door)
    with pytest.raises(login.SaslFailure, match="not-authorized"):
        await token_login(server, alice, token, device, "HT-SHA-256-ENDP", binding=b"x" * 32)


async def test_an_invalidated_token_is_dead(server):
    [alice] = await server.people("alice")
    device = str(uuid.uuid4())
    token = await get_token(server, alice, device)
    await token_login(server, alice, token, device, fast=" invalidate='true'")
    with pytest.raises(login.SaslFailure):
        await token_login(server, alice, token, device)


async def test_a_token_login_can_ask_for_a_newer_token(server):
    [alice] = await server.people("alice")
    device = str(uuid.uuid4())
    token = await get_token(server, alice, device)
    success = await token_login(server, alice, token, device,
                                more=f"<request-token xmlns='{NS['fast']}' mechanism='{UNBOUND}'/>")
    newer = success.find("fast:token", NS).get("token")
    assert newer != token
    await token_login(server, alice, newer, device)


async def test_without_tls_no_token_is_offered(own_server):
    server = own_server({"c2s": {"allow_plaintext": False}})
    features = await (await server.tcp()).open()
    assert features.find("sasl2:authentication", NS) is None


async def test_a_token_is_good_for_as_long_as_the_limit_says(own_server):
    server = own_server({"limits": {"token_lifetime": "2h", "token_renewal": "1h"}})
    [alice] = await server.people("alice")
    door = await server.starttls()
    await door.open()
    inline = (login.user_agent(str(uuid.uuid4())) + f"<request-token xmlns='{NS['fast']}' mechanism='{UNBOUND}'/>"
              + f"<bind xmlns='{NS['bind2']}'><tag>t</tag></bind>")
    token = (await login.sasl2(door, alice, inline=inline)).find("fast:token", NS)
    left = datetime.fromisoformat(token.get("expiry")) - datetime.now(timezone.utc)
    assert timedelta(hours=1, minutes=59) < left <= timedelta(hours=2)


async def test_a_token_older_than_a_day_is_replaced_when_it_is_used_and_a_younger_one_is_not(own_server):
    server = own_server()
    [alice] = await server.people("alice")
    device = str(uuid.uuid4())
    token = await get_token(server, alice, device)
    assert (await token_login(server, alice, token, device)).find("fast:token", NS) is None
    day = timedelta(days=1) // timedelta(microseconds=1)
    server.stop()
    vanish.asked(server, f"UPDATE account_token SET issued = issued - {day}, expires = expires - {day}")
    server.start()
    newer = (await token_login(server, alice, token, device)).find("fast:token", NS)
    assert newer is not None and newer.get("token") != token
    left = datetime.fromisoformat(newer.get("expiry")) - datetime.now(timezone.utc)
    assert timedelta(days=29) < left <= timedelta(days=30)
    assert (await token_login(server, alice, newer.get("token"), device)).find("fast:token", NS) is None
    with pytest.raises(login.SaslFailure):
        await token_login(server, alice, token, device)

"""Files in a bucket (`objects.url`): real requests to a service of S3 that others wrote (moto)."""

import asyncio

import boto3
import pytest
from moto.server import ThreadedMotoServer

import skein
from uploads import Web, png, sha256, share, slot

NOISE = bytes(range(256)) * 30_000


@pytest.fixture
def bucket():
    """A service with an empty bucket, and its client."""
    [port] = skein.free_ports(1)
    service = ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
    service.start()
    client = boto3.client("s3", endpoint_url=f"http://127.0.0.1:{port}", region_name="us-east-1",
                          aws_access_key_id="key", aws_secret_access_key="a/secret+of=ours")
    client.create_bucket(Bucket="files")
    client.url = f"s3+http://key:a%2Fsecret%2Bof%3Dours@127.0.0.1:{port}/files?region=us-east-1"
    yield client
    service.stop()


def keys(bucket) -> list[str]:
    return sorted(entry["Key"] for entry in bucket.list_objects_v2(Bucket="files").get("Contents", []))


async def test_files_lie_in_the_bucket_and_are_read_in_parts_and_over_a_restart(own_server, bucket):
    server = own_server({"objects": {"url": bucket.url}})
    alice, bob = await server.people("alice", "bob")
    a, b = await server.login(alice), await server.login(bob)
    async with Web(server) as web:
        url = await share(a, web, NOISE)
        twice = await share(b, web, NOISE)
        assert len([key for key in keys(bucket) if sha256(NOISE)[4:] in key.replace("/", "") or sha256(NOISE) in key]) == 1, keys(bucket)
        picture = await share(a, web, png(), "beach.png", "image/png")
        assert (await web.get(picture + "?thumbnail"))[0] == 200
        server.restart()
        for address in (url, twice):
            status, _, content = await web.get(address)
            assert status == 200 and content == NOISE
        status, headers, content = await web.get(url, Range="bytes=5000000-5000009")
        assert (status, content) == (206, NOISE[5_000_000:5_000_010])
        assert not (server.data_dir / "objects").exists() or not any(path.is_file() for path in (server.data_dir / "objects").rglob("*"))


async def test_files_leave_the_bucket_with_the_last_message_that_names_them(own_server, bucket):
    server = own_server({"objects": {"url": bucket.url}})
    alice, bob = await server.people("alice", "bob")
    a, b = await server.login(alice), await server.login(bob)
    async with Web(server) as web:
        empty = keys(bucket)
        url = await share(a, web, NOISE[:100_000])
        assert len(keys(bucket)) == len(empty) + 1
        await a.message(b.bare, url, id="m1")
        await b.expect_message(url)
        await a.send(f"<message to='{b.bare}' type='chat' id='r1'><retract xmlns='urn:xmpp:message-retract:1' id='m1'/><body>gone</body></message>")
        await b.expect_message("gone")
        await until(lambda: keys(bucket) == empty)
        assert (await web.get(url))[0] == 404


async def test_a_bucket_that_fails_loses_no_message_and_no_session(own_server, bucket):
    server = own_server({"objects": {"url": bucket.url}})
    alice, bob = await server.people("alice", "bob")
    a, b = await server.login(alice), await server.login(bob)
    for key in keys(bucket):
        bucket.delete_object(Bucket="files", Key=key)
    bucket.delete_bucket(Bucket="files")
    async with Web(server) as web:
        put, get = await slot(a, "a.bin", 10)
        status, _, _ = await web.put(put, b"0123456789")
        assert status >= 500
        assert (await web.get(get))[0] == 404
        await a.message(b.bare, "still here")
        await b.expect_message("still here")
        bucket.create_bucket(Bucket="files")
        put, get = await slot(a, "a.bin", 10)
        assert (await web.put(put, b"0123456789"))[0] == 201 and (await web.get(get))[2] == b"0123456789"


async def until(condition, within: float = 10.0):
    """Waits for something that others see."""
    end = asyncio.get_running_loop().time() + within
    while not await asyncio.to_thread(condition):
        assert asyncio.get_running_loop().time() < end, "it did not happen"
        await asyncio.sleep(0.05)

"""slixmpp's own integration tests, from its source package, against the started server."""

import ast
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

VERSION = "1.17.0"
CACHE = Path(os.environ.get("SKEIN_TEST_CACHE", Path(__file__).resolve().parents[2] / "target/cache"))

MUST_PASS = [
    "test_basic_connect_and_message.TestConnect.test_send_message",
    "test_blocking.TestBlocking.test_blocking",
    "test_bob.TestBOB.test_bob",
    "test_chatmarkers.TestMarkers.test_send_marker",
    "test_component.SlixComponentIntegration.test_ping",
    "test_disco.TestDisco.test_features",
    "test_httpupload.TestHTTPUpload.test_httpupload",
    "test_ibb.TestIBB.test_ibb",
    "test_last_activity.TestLastActivity.test_activity",
    "test_mam.TestMAM.test_mam_iterate",
    "test_mam.TestMAM.test_mam_retrieve",
    "test_moderate.TestModerate.test_moderate_msg",
    "test_muc.TestMUC.test_initial_join",
    "test_muc.TestMUC.test_join_after_config",
    "test_muc.TestMUC.test_kick",
    "test_muc.TestMUC.test_nick_change_leave",
    "test_muc.TestMUC.test_setup_muc",
    "test_pep.TestPEP.test_pep_private",
    "test_pep.TestPEP.test_pep_public",
    "test_ping.TestPing.test_ping",
    "test_privatestorage.TestPrivateStorage.test_privatestorage",
    "test_quickresponse.TestQuickResponse.test_quickresponse",
    "test_reactions.TestReactions.test_send_reaction",
    "test_reconnect.TestReconnect.test_disconnect_connect",
    "test_reconnect.TestReconnect.test_reconnect",
    "test_retract.TestRetract.test_retract_msg",
    "test_selfping.TestSelfPing.test_presence_monitor",
    "test_slow_filters.TestSlowFilter.test_filters",
    "test_sos.TestSos.test_sos",
    "test_tls_check.TestTLS.test_connect_custom",
    "test_tls_check.TestTLS.test_connect_custom_fail",
    "test_tls_check.TestTLS.test_connect_custom_fail2",
    "test_tls_check.TestTLS.test_connect_direct_tls",
    "test_tls_check.TestTLS.test_connect_starttls",
    "test_tls_check.TestTLS.test_validate_cert_custom",
    "test_user_avatar.TestUserAvatar.test_set_avatar",
    "test_vcard.TestVcardTemp.test_vcard",
    "test_vcard_avatar.TestVcardAvatar.test_set_avatar",
    "test_version.TestVersion.test_version",
]

# What the server does not have: by name, so that none is left out unseen.
NOT_BUILT: dict[str, str] = {}


def source() -> Path:
    """The unpacked source package, downloaded once."""
    folder = CACHE / "sdist"
    unpacked = folder / f"slixmpp-{VERSION}"
    if not (unpacked / "itests").is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check",
                        "--no-deps", "--no-binary", ":all:", "--dest", folder, f"slixmpp=={VERSION}"], check=True)
        with tarfile.open(folder / f"slixmpp-{VERSION}.tar.gz") as archive:
            archive.extractall(folder, filter="data")
    return unpacked


@pytest.mark.once
def test_every_test_of_slixmpp_is_either_run_or_named_with_a_reason():
    found = set()
    for path in (source() / "itests").glob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef):
                found |= {f"{path.stem}.{node.name}.{item.name}" for item in node.body
                          if isinstance(item, ast.AsyncFunctionDef) and item.name.startswith("test_")}
    assert found == set(MUST_PASS) | set(NOT_BUILT)


@pytest.mark.slow
@pytest.mark.own_server
def test_slixmpp_passes_its_own_integration_tests(engine, tmp_path):
    outcomes = tmp_path / "outcomes.json"
    command = [sys.executable, str(Path(__file__).with_name("slixmpp_inside.py")), engine, str(source()),
               str(outcomes), *MUST_PASS]
    # A name space of one's own needs root, or a user name space in which one is root.
    unshare = ["unshare", "-n"] if os.geteuid() == 0 else ["unshare", "-r", "-n"]
    inside = [*unshare, "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
    done = subprocess.run([*inside, *command], capture_output=True, text=True, timeout=400)
    assert outcomes.exists(), done.stdout[-10_000:] + done.stderr[-5_000:]
    ended = json.loads(outcomes.read_text())
    failed = {name: ended.get(name, "not run") for name in MUST_PASS if ended.get(name) != ""}
    report = "\n".join(f"{name}: {text}" for name, text in failed.items())
    assert not failed, f"{report}\n{done.stderr[-3_000:]}\n{done.stdout[-10_000:]}"

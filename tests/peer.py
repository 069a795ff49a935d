"""Prosody in the place of the server under test, to test the tests with.

`SKEIN_TEST_SERVER=prosody tests/run …`: what fails there is either a test that
asks for something Prosody does not have, or a test that is wrong.
"""

import subprocess
from pathlib import Path

import skein


class Prosody(skein.Server):
    ws_path = "/xmpp-websocket"
    bosh_path = "/http-bind"

    def _settle_config(self) -> None:
        self.data_dir.mkdir()
        self.config_path = self.folder / "prosody.cfg.lua"
        self.config_path.write_text(f"""
daemonize = false
run_as_root = true
pidfile = "{self.folder}/prosody.pid"
data_path = "{self.data_dir}"
plugin_paths = {{ "/usr/lib/prosody/modules" }}
log = {{ info = "*console" }}
modules_enabled = {{
  "disco"; "roster"; "saslauth"; "tls"; "blocklist"; "carbons"; "csi_simple"; "pep"; "private"; "lastactivity";
  "smacks"; "vcard4"; "vcard_legacy"; "ping"; "time"; "version"; "websocket"; "bosh"; "mam"; "http"; "register_ibr";
}}
modules_disabled = {{ "s2s" }}
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
consider_websocket_secure = true
consider_bosh_secure = true
authentication = "internal_hashed"
password_hash = "SHA-256"
storage = "internal"
default_archive_policy = true
interfaces = {{ "127.0.0.1" }}
c2s_ports = {{ {self.c2s_port} }}
c2s_direct_tls_ports = {{ {self.c2s_tls_port} }}
http_ports = {{ {self.http_port} }}
https_ports = {{ {self.https_port} }}
http_interfaces = {{ "127.0.0.1" }}
https_interfaces = {{ "127.0.0.1" }}
https_ssl = {{ certificate = "{self.folder}/server.pem"; key = "{self.folder}/server.key" }}
ssl = {{ certificate = "{self.folder}/server.pem"; key = "{self.folder}/server.key" }}
c2s_direct_tls_ssl = {{ certificate = "{self.folder}/server.pem"; key = "{self.folder}/server.key" }}
VirtualHost "{skein.DOMAIN}"
VirtualHost "{skein.OTHER_DOMAIN}"
Component "conference.{skein.DOMAIN}" "muc"
  modules_enabled = {{ "muc_mam" }}
  muc_room_locking = false
""")

    def command(self) -> list[str]:
        return ["prosody", "-F", "--config", str(self.config_path)]

    def _answers(self) -> bool:
        import socket
        for port in (self.http_port, self.c2s_port):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=5).close()
            except OSError:
                return False
        return True

    def _create(self, account: skein.Account) -> None:
        subprocess.run(
            ["prosodyctl", "--root", "--config", str(self.config_path), "register",
             account.name, account.domain, account.password],
            check=True, capture_output=True, cwd=Path("/"),
        )

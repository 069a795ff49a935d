"""ejabberd and Prosody from Debian's packages, configured as the comparison demands:
archive on or off, passwords stored plainly so that logging in does not dominate,
ejabberd without busy-waiting schedulers (same throughput, less CPU)."""

from pathlib import Path

from postgres import OnPostgres, Postgres
from servers import DOMAIN, PASSWORD, Server, certificate, installed, listens, package_version, wait_for


class Ejabberd(Server):
    name = "ejabberd"
    extra = {name: ["--service", "conference.localhost"] for name in ("rooms", "day")}
    modules_more = ""
    storage = "default_db: mnesia\nauth_method: [mnesia]\n"

    @classmethod
    def available(cls):
        return installed("ejabberdctl") and installed("erl")

    @classmethod
    def version(cls):
        return package_version("ejabberd")

    def prepare(self):
        certificate(self.cert)
        for folder in ("mnesia", "log"):
            (self.dir / folder).mkdir(exist_ok=True)
        port = self.port
        (self.dir / "ejabberd.yml").write_text(f"""\
loglevel: warning
log_rotate_count: 0
hosts: [{DOMAIN}]
certfiles: ["{self.cert}/localhost.pem"]
auth_password_format: plain
auth_use_cache: true
disable_sasl_mechanisms: ["digest-md5", "X-OAUTH2"]
registration_timeout: infinity
{self.storage}listen:
  - {{port: {port}, ip: "127.0.0.1", module: ejabberd_c2s, backlog: 4096, max_stanza_size: 262144, starttls: true, access: c2s}}
  - {{port: {port + 1}, ip: "127.0.0.1", module: ejabberd_c2s, backlog: 4096, max_stanza_size: 262144, tls: true, access: c2s}}
  - {{port: {port + 2}, ip: "127.0.0.1", module: ejabberd_http, backlog: 4096, request_handlers: {{"/ws": ejabberd_http_ws}}}}
access_rules:
  c2s: {{allow: all}}
  register: {{allow: all}}
shaper_rules:
  max_user_sessions: 10
  max_user_offline_messages: 100000
modules:
  mod_adhoc: {{}}
  mod_blocking: {{}}
  mod_caps: {{}}
  mod_carboncopy: {{}}
  mod_client_state: {{}}
  mod_disco: {{}}
  mod_last: {{}}
  mod_muc: {{max_users: 20000, min_message_interval: 0, min_presence_interval: 0, max_user_conferences: 1000, history_size: 20, default_room_options: {{mam: false, max_users: 20000, allow_subscription: true}}}}
  mod_offline: {{access_max_user_messages: max_user_offline_messages}}
  mod_ping: {{}}
  mod_privacy: {{}}
  mod_private: {{}}
  mod_pubsub: {{plugins: [flat, pep]}}
  mod_push: {{}}
  mod_register: {{access: register, ip_access: all, password_strength: 0}}
  mod_roster: {{versioning: true}}
  mod_stream_mgmt: {{resend_on_timeout: if_offline}}
  mod_vcard: {{}}
  mod_version: {{}}
{self.modules_more}""")

    def launch(self):
        ready = self.dir / "ready"
        ready.unlink(missing_ok=True)
        # Accounts that are there already are left alone.
        accounts = (
            "ejabberd:start(), [ejabberd_auth:try_register("
            f'list_to_binary("u" ++ integer_to_list(N)), <<"{DOMAIN}">>, <<"{PASSWORD}">>)'
            f" || N <- lists:seq(0, {self.accounts - 1})],"
            f' file:write_file("{ready}", <<"yes">>).')
        folder = next(Path("/usr/lib").glob("*/ejabberd-*/ebin"))
        self.spawn(
            ["erl", "-noinput", "+K", "true", "+P", "1000000", "+Q", "65536", "+sbwt", "none",
             "+sbwtdcpu", "none", "+sbwtdio", "none", "-pa", folder,
             "-mnesia", "dir", f'"{self.dir}/mnesia"', "-eval", accounts],
            cwd=self.dir,
            env={"PATH": "/usr/bin:/bin", "HOME": str(self.dir), "LANG": "C.UTF-8",
                 "EJABBERD_CONFIG_PATH": str(self.dir / "ejabberd.yml"),
                 "EJABBERD_LOG_PATH": str(self.dir / "log/ejabberd.log"),
                 "ERL_LIBS": str(folder.parent.parent)})
        wait_for(self.name, lambda: ready.exists() and listens(self.port), self.process, 300)


class EjabberdPostgres(OnPostgres, Ejabberd):
    """The peer whose archive is durable: every commit of PostgreSQL is flushed."""

    name = "ejabberd-postgresql"
    archives = True
    modules_more = "  mod_mam: {default: always, assume_mam_usage: true}\n"

    @classmethod
    def available(cls):
        return Ejabberd.available() and Postgres.binaries() is not None

    @classmethod
    def version(cls):
        return f"{package_version('ejabberd')}, {package_version('postgresql-15')}"

    def prepare(self):
        self.postgres = Postgres(self.dir / "postgres", self.port + 3)
        self.storage = (
            "default_db: sql\nauth_method: [sql]\nsql_type: pgsql\nsql_server: \"127.0.0.1\"\n"
            f"sql_port: {self.port + 3}\nsql_database: ejabberd\nsql_username: postgres\n"
            "sql_password: none\nsql_pool_size: 10\n")
        super().prepare()
        self.postgres.create("ejabberd", Path("/usr/share/ejabberd/sql/pg.sql"))


class EjabberdSqlite(Ejabberd):
    """The peer that pages fastest through its archive."""

    name = "ejabberd-sqlite"
    archives = True
    modules_more = "  mod_mam: {default: always, assume_mam_usage: true}\n"

    def prepare(self):
        self.storage = (
            "default_db: sql\nauth_method: [sql]\nsql_type: sqlite\n"
            f"sql_database: \"{self.dir}/ejabberd.db\"\n")
        super().prepare()


class Prosody(Server):
    name = "prosody"
    bindings = Server.bindings | {"websocket": ["--binding", "websocket", "--path", "/xmpp-websocket"]}
    extra = {name: ["--service", "conference.localhost"] for name in ("rooms", "day")}
    modules_more = ""
    storage = 'storage = "internal"'

    @classmethod
    def available(cls):
        return installed("prosody")

    @classmethod
    def version(cls):
        return package_version("prosody")

    def prepare(self):
        crt, key = certificate(self.cert)
        accounts = self.dir / "data" / DOMAIN / "accounts"
        accounts.mkdir(parents=True)
        (self.dir / "log").mkdir()
        for number in range(self.accounts):
            (accounts / f"u{number}.dat").write_text(f'return {{ ["password"] = "{PASSWORD}"; }};\n')
        (self.dir / "prosody.cfg.lua").write_text(f"""\
daemonize = false
run_as_root = true
pidfile = "{self.dir}/prosody.pid"
data_path = "{self.dir}/data"
plugin_paths = {{}}
network_backend = "epoll"
network_settings = {{ tcp_backlog = 4096 }}
log = {{ warn = "{self.dir}/log/prosody.log" }}
modules_enabled = {{
  "disco"; "roster"; "saslauth"; "tls"; "blocklist"; "carbons"; "csi_simple"; "pep"; "private";
  "smacks"; "vcard4"; "vcard_legacy"; "ping"; "register_ibr"; "time"; "uptime"; "version";
  "websocket"; {self.modules_more}
}}
modules_disabled = {{ "s2s" }}
allow_registration = true
c2s_require_encryption = false
consider_websocket_secure = true
allow_unencrypted_plain_auth = true
authentication = "internal_plain"
{self.storage}
default_archive_policy = true
archive_expires_after = "never"
max_archive_query_results = 50
interfaces = {{ "127.0.0.1" }}
c2s_ports = {{ {self.port} }}
c2s_direct_tls_ports = {{ {self.port + 1} }}
http_ports = {{ {self.port + 2} }}
http_interfaces = {{ "127.0.0.1" }}
https_ports = {{ }}
ssl = {{ certificate = "{crt}"; key = "{key}" }}
c2s_direct_tls_ssl = {{ certificate = "{crt}"; key = "{key}" }}
certificates = "{self.cert}"
VirtualHost "{DOMAIN}"
Component "conference.{DOMAIN}" "muc"
  muc_room_locking = false
""")

    def launch(self):
        self.spawn(["prosody", "-F", "--config", self.dir / "prosody.cfg.lua"])
        wait_for(self.name, lambda: listens(self.port) and listens(self.port + 1), self.process)


class ProsodyArchive(Prosody):
    """Appends its archive to files without flushing them: fast, and lost in a crash."""

    name = "prosody-archive"
    archives = True
    modules_more = '"mam";'


PEERS = [Ejabberd, EjabberdPostgres, EjabberdSqlite, Prosody, ProsodyArchive]

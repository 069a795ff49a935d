//! The tree: every section and key, with its documentation, default and kind.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

use skein_base::Secret;

use crate::address::{Addresses, Network, Networks};
use crate::components::{Component, Secrets};
use crate::kind::{Count, Domains, Folder, Label, Mailboxes, OneOf, OptionalFile, Switch};
use crate::limits::Limits;
use crate::mistake::Origins;
use crate::outside::{Maps, Passkeys, Previews};
use crate::table::Section;
use crate::texts::{Targets, Uris};
use crate::url::{Blobs, Https, Nats, OptionalUrl, Sql, Url, Web};

/// The sections in the order of the reference.
pub(crate) const SECTIONS: &[Section] = &[
    Config::SECTION,
    Listen::SECTION,
    Tls::SECTION,
    Acme::SECTION,
    C2s::SECTION,
    Access::SECTION,
    Contact::SECTION,
    Archive::SECTION,
    Pubsub::SECTION,
    Rooms::SECTION,
    Components::SECTION,
    Storage::SECTION,
    Objects::SECTION,
    Upload::SECTION,
    Previews::SECTION,
    Maps::SECTION,
    Passkeys::SECTION,
    Bus::SECTION,
    Limits::SECTION,
    Log::SECTION,
    Metrics::SECTION,
];

section! {
    /// Who the server is and where it keeps its data. These keys stand at the top of the file, before any section.
    Config at config, "" {
        /// The domains whose accounts live here, the first of them the main one. Addresses are
        /// `name@domain`; a domain cannot be renamed later without its people losing their addresses.
        domains: Vec<String> as Domains<true> = vec!["localhost".to_owned()], also "domain";
        /// The folder of everything that must survive a restart: database, certificates, uploads.
        /// Made when missing. Relative paths begin at the working directory.
        data_dir: PathBuf as Folder = PathBuf::from("data");
    }
    holds {
        /// `[listen]`
        pub listen: Listen;
        /// `[tls]`
        pub tls: Tls;
        /// `[c2s]`
        pub c2s: C2s;
        /// `[access]`
        pub access: Access;
        /// `[contact]`
        pub contact: Contact;
        /// `[archive]`
        pub archive: Archive;
        /// `[pubsub]`
        pub pubsub: Pubsub;
        /// `[rooms]`
        pub rooms: Rooms;
        /// `[components]`
        pub components: Components;
        /// `[storage]`
        pub storage: Storage;
        /// `[objects]`
        pub objects: Objects;
        /// `[upload]`
        pub upload: Upload;
        /// `[previews]`
        pub previews: Previews;
        /// `[maps]`
        pub maps: Maps;
        /// `[passkeys]`
        pub passkeys: Passkeys;
        /// `[bus]`
        pub bus: Bus;
        /// `[limits]`
        pub limits: Limits;
        /// `[log]`
        pub log: Log;
        /// `[metrics]`
        pub metrics: Metrics;
        /// Where each value came from.
        pub(crate) origins: Origins;
    }
}

section! {
    /// Where the server listens: lists of IP addresses with ports. An empty list turns a door off.
    /// By default everything is on loopback, so that nothing is open to the network before you say so;
    /// `"[::]:5222"` listens on every address, IPv6 and IPv4. Sockets handed over by systemd come first.
    Listen at config.listen, "listen." {
        /// XMPP clients: plain TCP with STARTTLS (RFC 6120).
        c2s: Vec<SocketAddr> as Addresses = loopback(5222);
        /// XMPP clients: TLS from the first byte (XEP-0368).
        c2s_tls: Vec<SocketAddr> as Addresses = loopback(5223);
        /// HTTP without TLS: the landing page, WebSocket at `/ws`, BOSH at `/bosh`, `/health`, `/metrics`.
        /// For loopback, or behind a reverse proxy that terminates TLS.
        http: Vec<SocketAddr> as Addresses = loopback(5280);
        /// The same over TLS.
        https: Vec<SocketAddr> as Addresses = loopback(5443);
        /// Components: programs such as gateways that answer for a domain of their own (XEP-0114). Their streams
        /// are not encrypted, so this is for loopback and networks that nobody else reads.
        components: Vec<SocketAddr> as Addresses = Vec::new();
        /// Other servers. This version does not federate yet and leaves these addresses closed.
        s2s: Vec<SocketAddr> as Addresses = Vec::new();
    }
}

section! {
    /// Certificates. Without any of these keys a self-signed certificate is made in the data folder on
    /// the first start. Files are read again when they change, without dropping a connection.
    Tls at config.tls, "tls." {
        /// The certificate chain in PEM, the server's own certificate first. Goes with `key`.
        certificate: Option<PathBuf> as OptionalFile = None;
        /// The private key in PEM. Only the server's user, and perhaps its group, may read it.
        key: Option<PathBuf> as OptionalFile = None;
    }
    holds {
        /// `[tls.acme]`
        pub acme: Acme;
    }
}

section! {
    /// Certificates from an authority that speaks ACME (RFC 8555), such as Let's Encrypt. Instead of the
    /// section, `acme = "https://…"` within `[tls]` names just the authority. By naming one you agree to its terms
    /// of service. The authority must reach this server at port 443 or 80 of each domain.
    Acme at config.tls.acme, "tls.acme." {
        /// The authority's directory; for Let's Encrypt `https://acme-v02.api.letsencrypt.org/directory`.
        directory: Option<Url> as OptionalUrl<Https> = None, also "tls.acme";
        /// Whom the authority may write to about these certificates.
        contact: Vec<String> as Mailboxes = Vec::new();
        /// The names to certify; none means the served domains.
        domains: Vec<String> as Domains<false> = Vec::new();
    }
}

section! {
    /// Client connections.
    C2s at config.c2s, "c2s." {
        /// Lets clients log in without TLS. For tests and for a reverse proxy on the same machine:
        /// `c2s` and `http` may then listen on loopback only.
        allow_plaintext: bool as Switch = false;
    }
}

choice! {
    /// Who may make an account (XEP-0077, XEP-0401).
    Registration {
        /// Anyone.
        Open = "open";
        /// Whoever holds an invitation.
        Invite = "invite";
        /// Anyone, and an administrator lets them in.
        Approval = "approval";
        /// Nobody but the operator, on the command line.
        Closed = "closed";
    }
}

section! {
    /// Who may have an account.
    Access at config.access, "access." {
        /// Who may make an account: anyone (`open`), holders of an invitation (`invite`), anyone whom an
        /// administrator then lets in (`approval`), nobody (`closed`). The command line always can.
        registration: Registration as OneOf<Registration> = Registration::Invite;
    }
}

section! {
    /// Whom people of this server and of others may turn to (XEP-0157): URIs such as `"mailto:abuse@example.org"` or
    /// `"xmpp:admin@example.org"`. Service discovery tells everybody.
    Contact at config.contact, "contact." {
        /// Against spam and other abuse.
        abuse: Vec<String> as Uris = Vec::new();
        /// The administrators.
        admin: Vec<String> as Uris = Vec::new();
        /// Who wants to hear opinions.
        feedback: Vec<String> as Uris = Vec::new();
        /// Who sells.
        sales: Vec<String> as Uris = Vec::new();
        /// Holes in the security.
        security: Vec<String> as Uris = Vec::new();
        /// Where the state of the server is shown.
        status: Vec<String> as Uris = Vec::new();
        /// Help.
        support: Vec<String> as Uris = Vec::new();
        /// Where clients look when the server is away: addresses of the JSON of XEP-0455, best on another machine.
        outage: Vec<String> as Uris = Vec::new();
    }
}

section! {
    /// The message archive.
    Archive at config.archive, "archive." {
        /// Days that messages are kept; 0 keeps them for ever.
        retention_days: u32 as Count<u32, 0> = 0;
    }
}

section! {
    /// The publish-subscribe service (XEP-0060), beside what each account publishes about itself.
    Pubsub at config.pubsub, "pubsub." {
        /// The first part of its domain: with `pubsub` it is `pubsub.example.org`. Empty, there is no such service.
        host: String as Label = "pubsub".to_owned();
    }
}

choice! {
    /// Who may make a room.
    Creation {
        /// Everybody with an account here.
        Anyone = "anyone";
        /// Those whom `creators` names.
        Listed = "listed";
    }
}

section! {
    /// Rooms: group conversations (XEP-0045).
    Rooms at config.rooms, "rooms." {
        /// The first part of their domain: with `rooms` it is `rooms.example.org`. Empty, there are no rooms.
        host: String as Label = "rooms".to_owned();
        /// Who may make a room: everybody with an account here (`anyone`), or those whom `creators` names (`listed`).
        create: Creation as OneOf<Creation> = Creation::Anyone;
        /// Addresses of the accounts that may make rooms where `create` is `listed`.
        creators: Vec<String> as Mailboxes = Vec::new();
    }
}

section! {
    /// Components: programs such as gateways that connect to `listen.components` and answer for a domain each (XEP-0114).
    Components at config.components, "components." {
        /// The domain and the secret of each: `"irc.example.org=SECRET"`. The secrets are better kept out of the file: use
        /// the variable.
        secrets: Vec<Component> as Secrets = Vec::new();
        /// The domains of those that may act for the accounts of this server: send messages in their names (XEP-0356).
        privileged: Vec<String> as Domains<false> = Vec::new();
        /// Which of those learn when somebody of this server comes and goes.
        managed_presence: Vec<String> as Domains<false> = Vec::new();
        /// Which of those also learn it of the contacts of everybody here.
        roster_presence: Vec<String> as Domains<false> = Vec::new();
    }
}

section! {
    /// The database.
    Storage at config.storage, "storage." {
        /// `sqlite:PATH`, or `postgres://USER:PASSWORD@HOST/DATABASE`, over a network with `?sslmode=verify-full` behind
        /// it, and `&sslrootcert=FILE` if the machine does not know the authority. Not set, it is the SQLite file `skein.db` in the
        /// data folder. A password is better kept out of the file: use the variable.
        url: Option<Url> as OptionalUrl<Sql> = None;
    }
}

section! {
    /// Blobs, such as uploaded files.
    Objects at config.objects, "objects." {
        /// `file:///FOLDER` or `s3://KEY:SECRET@HOST/BUCKET?region=REGION` (`s3+http://` without TLS). Not set, they lie
        /// in the data folder. What is not a letter or a digit in KEY and SECRET is written with `%`. The URL is better kept
        /// out of the file: use the variable.
        url: Option<Url> as OptionalUrl<Blobs> = None;
    }
}

section! {
    /// Files that people share (XEP-0363), at the address `upload.` before each domain. They are kept as long as the
    /// messages that name them.
    Upload at config.upload, "upload." {
        /// Where clients reach `/upload/` of the HTTP listeners. Best a host name of its own, such as
        /// `https://files.example.org`. Not set, it is the first domain, over HTTPS.
        url: Option<Url> as OptionalUrl<Web> = None;
    }
}

section! {
    /// The messages between the machines of a cluster.
    Bus at config.bus, "bus." {
        /// `nats://HOST:PORT`. Not set, this machine is alone. This version always is.
        url: Option<Url> as OptionalUrl<Nats> = None;
    }
}

choice! {
    /// How much the log says.
    Level {
        /// Only what failed.
        Error = "error";
        /// Also what looks wrong.
        Warn = "warn";
        /// Also what an operator wants to know.
        Info = "info";
        /// Also what a developer wants to know.
        Debug = "debug";
        /// Everything.
        Trace = "trace";
    }
}

choice! {
    /// How the log looks.
    Format {
        /// Lines for people.
        Text = "text";
        /// One JSON object a line, for programs.
        Json = "json";
    }
}

section! {
    /// The log, on standard error. It holds neither message texts nor passwords, whatever the level.
    Log at config.log, "log." {
        /// How much it says.
        level: Level as OneOf<Level> = Level::Info;
        /// Lines for people, or a JSON object a line for programs.
        format: Format as OneOf<Format> = Format::Text;
        /// Other levels for parts of the server: `"skein_session=debug"`. A part is named like its crate.
        targets: Vec<String> as Targets = Vec::new();
    }
}

section! {
    /// Prometheus metrics at `/metrics` of the HTTP listeners.
    Metrics at config.metrics, "metrics." {
        /// The networks that may read them. A request that came through a proxy (with `Forwarded` or
        /// `X-Forwarded-For`) may never, for its true origin is not known.
        allow: Vec<Network> as Networks = vec![
            Network::new(IpAddr::V4(Ipv4Addr::new(127, 0, 0, 0)), 8),
            Network::new(IpAddr::V6(Ipv6Addr::LOCALHOST), 128),
        ];
    }
}

fn loopback(port: u16) -> Vec<SocketAddr> {
    vec![SocketAddr::from((Ipv4Addr::LOCALHOST, port))]
}

impl Config {
    /// The main domain: the first.
    pub fn domain(&self) -> &str {
        self.domains.first().map_or("localhost", String::as_str)
    }

    /// The database's URL: the configured one, or the SQLite file in the data folder.
    pub fn storage_url(&self) -> Secret<String> {
        Secret::new(match &self.storage.url {
            Some(url) => url.expose().to_owned(),
            None => format!("sqlite:{}", self.data_dir.join("skein.db").display()),
        })
    }

    /// Scheme, host and port at which browsers reach a domain of ours.
    ///
    /// A public domain is reached over HTTPS, at port 443 unless a listener that is not on
    /// loopback says otherwise: what listens on loopback has a reverse proxy before it.
    /// `localhost` is reached where the server listens.
    pub fn web_origin(&self, domain: &str) -> String {
        let is_local = domain == "localhost" || domain.ends_with(".localhost");
        if is_local && let Some(http) = self.listen.http.first() {
            return format!("http://{domain}:{}", http.port());
        }
        let public = |address: &&std::net::SocketAddr| is_local || !address.ip().is_loopback();
        match self.listen.https.iter().find(public).map(std::net::SocketAddr::port) {
            None | Some(443) => format!("https://{domain}"),
            Some(port) => format!("https://{domain}:{port}"),
        }
    }

    /// The names to certify by ACME.
    pub fn acme_domains(&self) -> &[String] {
        if self.tls.acme.domains.is_empty() { &self.domains } else { &self.tls.acme.domains }
    }
}

impl Log {
    /// The levels as one directive for a filter: `info,skein_session=debug`.
    pub fn filter(&self) -> String {
        let mut filter = self.level.as_str().to_owned();
        for target in &self.targets {
            filter.push(',');
            filter.push_str(target);
        }
        filter
    }
}

//! `[limits]`: every bound an operator may move. The defaults of the protocol
//! engines are named in [`skein_base::limits`].

use std::time::Duration;

use skein_base::limits as base;

use crate::kind::{Count, Switch};
use crate::quantity::{Rate, Size, Span, Throughput, Times};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

section! {
    /// Every bound, so that nobody can fill the memory or the disk. Clients are told the ones that concern them (XEP-0478).
    /// Sizes are written `"256 KiB"`, durations `"30s"`, rates `"20/s burst 50"`: so many in a time, and at most so many at once.
    Limits at config.limits, "limits." {
        /// Whether rates are limited at all: `incoming`, `connections`, `messages`, `login_failures…`,
        /// `registrations`, `previews`. Only benchmarks turn it off; the bounds that are not rates stay.
        rate: bool as Switch = true;

        /// Bytes of one element before login.
        element_bytes_before_login: usize as Size<1024> = base::ELEMENT_BYTES_BEFORE_LOGIN;
        /// Elements within one before login; a registration form has to fit.
        elements_before_login: usize as Count<usize, 8> = base::ELEMENTS_BEFORE_LOGIN;
        /// Depth of nesting before login.
        depth_before_login: usize as Count<usize, 4> = base::DEPTH_BEFORE_LOGIN;
        /// Bytes of one stanza after login, and of one WebSocket message. RFC 6120 section 13.12 demands 10,000 at least.
        stanza_bytes: usize as Size<10_000> = base::STANZA_BYTES;
        /// Elements in one stanza after login.
        stanza_elements: usize as Count<usize, 32> = base::STANZA_ELEMENTS;
        /// Depth of nesting in one stanza after login.
        stanza_depth: usize as Count<usize, 8> = base::STANZA_DEPTH;
        /// Attributes and namespace declarations of one element.
        attributes: usize as Count<usize, 8> = base::ATTRIBUTES;
        /// Bytes of one attribute's value.
        attribute_bytes: usize as Size<3072> = base::ATTRIBUTE_BYTES;

        /// Time from accepting a connection to being logged in; traffic does not extend it.
        negotiation: Duration as Span<1> = base::NEGOTIATION;
        /// Connections of one address (one /64 of IPv6) that have not logged in.
        unauthenticated_per_address: u32 as Count<u32, 1> = base::UNAUTHENTICATED_PER_ADDRESS;
        /// Connections that have not logged in, of all addresses.
        unauthenticated: u32 as Count<u32, 1> = base::UNAUTHENTICATED;
        /// New connections of one address (one /64 of IPv6).
        connections: Rate as Times =
            Rate::new(base::CONNECTIONS_PER_SECOND as u64, 1, base::CONNECTIONS_BURST as u64);
        /// Bytes that one client may send. Faster ones are read slower; nothing is lost.
        incoming: Rate as Throughput = Rate::new(16 << 10, 1, 512 << 10);

        /// Attempts to log in on one connection; the next closes it.
        sasl_attempts: u8 as Count<u8, 1> = base::SASL_ATTEMPTS;
        /// Failed logins to one account from one address. Further ones are refused until the time has passed.
        login_failures_per_account: Rate as Times = Rate::new(10, 15 * MINUTE, 10);
        /// Failed logins from one address, whatever the account.
        login_failures_per_address: Rate as Times = Rate::new(40, 15 * MINUTE, 40);
        /// Failed logins in a row to one account from all addresses. Beyond that the account takes passwords only from
        /// addresses where its owner has logged in before, and tokens from anywhere, until its owner logs in; it is
        /// never locked as a whole, for that would let anyone lock out anyone.
        login_failures_in_a_row: Rate as Times = Rate::new(100, 30 * DAY, 100);
        /// Rounds of hashing (PBKDF2) of a new password. Clients pay them at each login by password, tokens spare them.
        scram_iterations: u32 as Count<u32, 4096> = 10_000;
        /// How long a login token is good (XEP-0484).
        token_lifetime: Duration as Span<60> = Duration::from_secs(30 * DAY);
        /// The age from which a token in use is replaced.
        token_renewal: Duration as Span<1> = Duration::from_secs(DAY);

        /// Live and resumable sessions of one account.
        sessions_per_account: usize as Count<usize, 1> = base::SESSIONS_PER_ACCOUNT;
        /// Bytes that may wait to be written to one client. A client that reads slower than others write to it loses
        /// its connection then, and finds what it missed in its archive. At least two of the largest stanzas.
        outbox_bytes: usize as Size<65_536> = base::OUTBOX_BYTES;
        /// Stanzas that a client may leave unacknowledged (XEP-0198) before its session ends; messages among them
        /// go to its next session.
        unacknowledged: usize as Count<usize, 20> = base::UNACKNOWLEDGED;
        /// Bytes of those stanzas.
        unacknowledged_bytes: usize as Size<65_536> = base::UNACKNOWLEDGED_BYTES;
        /// How long a lost session can be resumed (XEP-0198).
        resumable: Duration as Span<0> = base::RESUMABLE;
        /// How long a client may take to answer a request for acknowledgement before its connection counts as lost.
        acknowledgement: Duration as Span<1> = Duration::from_secs(MINUTE);
        /// Silence after which the server asks whether the client is still there.
        silence: Duration as Span<10> = Duration::from_secs(5 * MINUTE);

        /// How long a client may leave what was sent to it without TCP's acknowledgement before its connection
        /// counts as lost. On Linux.
        peer_silent: Duration as Span<5> = base::PEER_SILENT;
        /// Frames that one WebSocket message may be split into.
        websocket_fragments: u8 as Count<u8, 1> = base::WEBSOCKET_FRAGMENTS;
        /// How long one BOSH request is held at most (XEP-0124). Proxies cut at 60 to 120 seconds.
        bosh_wait: Duration as Span<1> = base::BOSH_WAIT;
        /// How long a BOSH session lives while no request of it is held.
        bosh_inactivity: Duration as Span<1> = base::BOSH_INACTIVITY;
        /// The longest pause that a BOSH client may ask for, such as while a page reloads.
        bosh_pause: Duration as Span<1> = base::BOSH_PAUSE;

        /// Requests that one HTTP/2 connection may have under way.
        http_streams: u32 as Count<u32, 1> = base::HTTP_STREAMS;
        /// Bytes of one HTTP request's header.
        http_header_bytes: usize as Size<8192> = 16 << 10;
        /// Fields of one HTTP request's header.
        http_header_fields: usize as Count<usize, 16> = 100;
        /// Time that one HTTP request's header may take.
        http_header_time: Duration as Span<1> = Duration::from_secs(10);
        /// Bytes of one HTTP request's body.
        http_body_bytes: usize as Size<10_000> = 1 << 20;

        /// Bytes of one uploaded file.
        upload_bytes: usize as Size<1024> = base::UPLOAD_BYTES;
        /// Bytes that one account may upload within 24 hours.
        upload_bytes_per_day: usize as Size<1024> = base::UPLOAD_BYTES_PER_DAY;
        /// Bytes of all files of one account.
        upload_bytes_per_account: usize as Size<1024> = base::UPLOAD_BYTES_PER_ACCOUNT;
        /// How long a client may wait before it begins an upload that it announced.
        upload_begin: Duration as Span<10> = Duration::from_secs(5 * MINUTE);
        /// How long an upload that broke off can be gone on with.
        upload_resumable: Duration as Span<60> = Duration::from_secs(DAY);

        /// Pages of which one account may ask for a preview.
        previews: Rate as Times = Rate::new(20, MINUTE, 20);

        /// Addresses to which one session's presence may be directed at one time, rooms among them.
        directed_presence: usize as Count<usize, 1> = base::DIRECTED;
        /// Bytes of what presence says, which is kept for each session and goes to every contact.
        presence_bytes: usize as Size<1024> = base::PRESENCE_BYTES;
        /// Bytes of a status text in presence.
        status_bytes: usize as Size<64> = base::STATUS_BYTES;
        /// Messages that one account may send to people on its roster.
        messages: Rate as Times = Rate::new(5, 1, 60);
        /// Different strangers to whom one account may turn within an hour, by message, subscription, invitation or call.
        /// Where registration is open, an account younger than a week has a tenth of it.
        strangers_hourly: usize as Count<usize, 1> = base::STRANGERS_HOURLY;
        /// The same within a day.
        strangers_daily: usize as Count<usize, 1> = base::STRANGERS_DAILY;
        /// Entries of one roster.
        roster_items: usize as Count<usize, 1> = base::ROSTER_ITEMS;
        /// Bytes of a name or a group in a roster.
        roster_name_bytes: usize as Size<16> = 128;
        /// Bytes of a resource, the part of an address that names a device.
        resource_bytes: usize as Size<36> = 256;

        /// Nodes that one account may have, and may make at the publish-subscribe service (XEP-0060).
        pubsub_nodes: usize as Count<usize, 16> = base::PUBSUB_NODES;
        /// Items of one node; what clients get that ask for `max`.
        pubsub_items: usize as Count<usize, 1> = base::PUBSUB_ITEMS;
        /// Bytes of one published item.
        pubsub_item_bytes: usize as Size<1024> = base::PUBSUB_ITEM_BYTES;
        /// Bytes of all that one account keeps published.
        pubsub_bytes: usize as Size<65_536> = base::PUBSUB_BYTES;
        /// Subscriptions of one account to nodes of one service or account.
        pubsub_subscriptions: usize as Count<usize, 1> = base::PUBSUB_SUBSCRIPTIONS;
        /// Bytes of an avatar's image.
        avatar_bytes: usize as Size<1024> = base::AVATAR_BYTES;
        /// Bytes of what one account keeps as private XML (XEP-0049).
        private_xml_bytes: usize as Size<1024> = base::PRIVATE_XML_BYTES;

        /// Messages that wait for an account whose clients are away. Beyond it senders get them back, unless a client of
        /// the account reads the archive, where it finds all of them.
        owed_messages: usize as Count<usize, 1> = base::OWED_MESSAGES;
        /// Bytes of those messages.
        owed_bytes: usize as Size<65_536> = base::OWED_BYTES;

        /// Messages of one archive page when the client names no number.
        page_default: usize as Count<usize, 1> = base::PAGE_DEFAULT;
        /// Messages of the largest archive page.
        page_max: usize as Count<usize, 1> = base::PAGE_MAX;

        /// Letters of the shortest password that people may choose. Beside it only the few are refused that anybody
        /// would guess first; no rules about kinds of letters (NIST SP 800-63B).
        password_length: usize as Count<usize, 1> = 8;
        /// Accounts made from one network (/24 of IPv4, /64 of IPv6).
        registrations: Rate as Times = Rate::new(3, HOUR, 3);
        /// Accounts that wait for approval at a time (`access.registration = "approval"`): what an administrator can
        /// look through. Whoever was invited does not wait.
        accounts_waiting: usize as Count<usize, 1> = 1_000;
        /// How long a token is good by which a signed-in device lets a new one in.
        link_lifetime: Duration as Span<1> = base::LINK_LIFETIME;
        /// Passkeys that one account may have.
        passkeys: usize as Count<usize, 1> = base::PASSKEYS_OF_ONE;
        /// How long whoever signs in with a passkey, or adds one, may take.
        passkey_challenge: Duration as Span<1> = base::PASSKEY_CHALLENGE;
        /// How long an invitation is good.
        invitation_lifetime: Duration as Span<60> = Duration::from_secs(7 * DAY);
        /// Invitations that one person may have open; administrators may have any number.
        invitations: usize as Count<usize, 0> = 5;
        /// How long the name of a removed account stays taken, so that nobody gets mail meant for another.
        name_rest: Duration as Span<0> = Duration::from_secs(90 * DAY);
    }
}

//! Every numeric bound of the protocol engines, each with its reason.
//!
//! These are the defaults; the operator's `[limits]` section overrides them.

use std::time::Duration;

/// Bytes of one first-level element before login: room for a SASL2 request
/// with a large initial response, and nothing that could serve to fill memory.
pub const ELEMENT_BYTES_BEFORE_LOGIN: usize = 10_240;
/// Elements in one first-level element before login: an in-band registration form fits.
pub const ELEMENTS_BEFORE_LOGIN: usize = 32;
/// Nesting before login.
pub const DEPTH_BEFORE_LOGIN: usize = 8;
/// Bytes of one stanza after login. RFC 6120 section 13.12 demands 10,000 at least;
/// a 64 KiB avatar in base64 has to fit.
pub const STANZA_BYTES: usize = 262_144;
/// Elements in one stanza after login.
pub const STANZA_ELEMENTS: usize = 4_096;
/// Nesting of elements after login.
pub const STANZA_DEPTH: usize = 64;
/// Attributes and namespace declarations of one element.
pub const ATTRIBUTES: usize = 32;
/// Bytes of one attribute value as sent.
pub const ATTRIBUTE_BYTES: usize = 32_768;
/// Time from accepting a connection to being logged in. Absolute: traffic does not extend it.
pub const NEGOTIATION: Duration = Duration::from_secs(30);
/// SASL attempts on one stream, then `policy-violation`.
pub const SASL_ATTEMPTS: u8 = 3;
/// Live and resumable sessions of one account.
pub const SESSIONS_PER_ACCOUNT: usize = 10;
/// Bytes that may wait in one session's outbox before the session counts as a
/// slow reader and is spilled to its cursor in the log.
pub const OUTBOX_BYTES: usize = 1024 * 1024;
/// Stanzas that a client may leave unacknowledged before the session ends;
/// messages among them stay in the log.
pub const UNACKNOWLEDGED: usize = 5_000;
/// Bytes of those stanzas: without this a client that never acknowledges could have the
/// server hold 5,000 of the largest.
pub const UNACKNOWLEDGED_BYTES: usize = 16 * 1024 * 1024;
/// How long a lost session can be resumed.
pub const RESUMABLE: Duration = Duration::from_secs(3600);
/// Bytes of what presence says beside its addresses: it is kept for each session and goes
/// to every contact; capabilities, an avatar's hash and a signature have some hundreds.
pub const PRESENCE_BYTES: usize = 8 * 1024;
/// Bytes of a status text, which contacts show in a line.
pub const STATUS_BYTES: usize = 1024;
/// Roster entries of one account.
pub const ROSTER_ITEMS: usize = 5_000;
/// Nodes of one account (XEP-0060): each kind of data is one, each OMEMO device another.
pub const PUBSUB_NODES: usize = 256;
/// Items of one node: bookmarks and read marks are one for each conversation.
pub const PUBSUB_ITEMS: usize = 1_000;
/// Bytes of one item's payload: an avatar of 64 KiB in base64 fits, and a page of items
/// still goes through an outbox.
pub const PUBSUB_ITEM_BYTES: usize = 128 * 1024;
/// Bytes of all that one account has published: some hundred times what people publish,
/// and a disk holds a thousand accounts that fill it.
pub const PUBSUB_BYTES: usize = 16 * 1024 * 1024;
/// Nodes of one service or account that one account is subscribed to.
pub const PUBSUB_SUBSCRIPTIONS: usize = 1_000;
/// Bytes of an avatar's image, which every contact fetches: a good picture of 200 × 200 has 20 KiB.
pub const AVATAR_BYTES: usize = 64 * 1024;
/// Bytes of one account's private XML (XEP-0049) in all.
pub const PRIVATE_XML_BYTES: usize = 512 * 1024;
/// Messages that wait for an account whose clients are away: some weeks of somebody who is much written to.
pub const OWED_MESSAGES: usize = 10_000;
/// Bytes of those messages.
pub const OWED_BYTES: usize = 50 * 1024 * 1024;
/// Archive page when the client names no size, and the largest it may ask for.
pub const PAGE_DEFAULT: usize = 50;
/// See [`PAGE_DEFAULT`].
pub const PAGE_MAX: usize = 250;
/// Connections of one address (IPv4) or /64 network (IPv6) that are not logged in:
/// a household or an office behind one address fits.
pub const UNAUTHENTICATED_PER_ADDRESS: u32 = 50;
/// Connections that are not logged in, from everywhere.
pub const UNAUTHENTICATED: u32 = 5_000;
/// New connections of one address per second, in the long run.
pub const CONNECTIONS_PER_SECOND: u32 = 20;
/// New connections of one address at once, after a quiet time.
pub const CONNECTIONS_BURST: u32 = 50;
/// How long a peer may leave bytes unacknowledged before TCP gives up: a lift or a
/// tunnel is shorter.
pub const PEER_SILENT: Duration = Duration::from_secs(75);
/// Bytes of one uploaded file: some minutes of video.
pub const UPLOAD_BYTES: usize = 100 << 20;
/// Bytes that one account may upload within 24 hours.
pub const UPLOAD_BYTES_PER_DAY: usize = 1 << 30;
/// Bytes of all files of one account.
pub const UPLOAD_BYTES_PER_ACCOUNT: usize = 5 << 30;
/// Uploads that one account may have announced and not finished: an album fits.
pub const UPLOADS_OPEN: i64 = 100;
/// Bytes of a file's name: what file systems take.
pub const UPLOAD_NAME_BYTES: usize = 255;
/// Bytes a second that an upload has to reach on the whole.
pub const UPLOAD_LEAST_SPEED: u64 = 1024;
/// How long a token to link a new device is good: two people hold their phones together.
pub const LINK_LIFETIME: Duration = Duration::from_secs(120);
/// Such tokens of one account that are open, one for each device that asked.
pub const LINKS_OF_ONE: usize = 5;
/// Passkeys of one account: one for each device and some keys in a drawer.
pub const PASSKEYS_OF_ONE: usize = 20;
/// Bytes of a passkey's name: what a list can show.
pub const PASSKEY_NAME_BYTES: usize = 128;
/// How long a challenge for a passkey is good: looking for the key in another room.
pub const PASSKEY_CHALLENGE: Duration = Duration::from_secs(300);
/// Challenges of which is remembered that they were used: more than all sign-ins in that time.
pub const PASSKEY_CHALLENGES_USED: usize = 100_000;
/// Time for looking at a page of which a preview is made, and again for its picture: whoever
/// sends the link waits so long at most.
pub const PREVIEW_TIME: Duration = Duration::from_secs(8);
/// Bytes of a page that are read for a preview: some sites say what they are behind half a
/// megabyte of programs.
pub const PREVIEW_PAGE_BYTES: usize = 1 << 20;
/// Bytes of a picture that is made small for a preview.
pub const PREVIEW_PICTURE_BYTES: usize = 5 << 20;
/// Previews that are made at a time, by everybody; each may hold a picture.
pub const PREVIEWS: usize = 16;
/// Previews that are made at a time by one account.
pub const PREVIEWS_OF_ONE: u8 = 3;
/// Previews that are remembered.
pub const PREVIEWS_KEPT: usize = 1_000;
/// Bytes of those previews: small pictures of some 20 KB.
pub const PREVIEWS_KEPT_BYTES: usize = 16 << 20;
/// How long a preview is remembered.
pub const PREVIEW_FRESH: Duration = Duration::from_secs(3_600);
/// How long it is remembered that there is none.
pub const PREVIEW_NONE_FRESH: Duration = Duration::from_secs(60);
/// Frames of one WebSocket message: browsers and proxies send one or two, and each
/// further one costs a move of what came before.
pub const WEBSOCKET_FRAGMENTS: u8 = 8;
/// Longest time one BOSH request is held. Proxies commonly cut at 60 to 120 seconds.
pub const BOSH_WAIT: Duration = Duration::from_secs(60);
/// How long a BOSH session lives with no request held: a slow round trip, with room for a
/// few lost packets.
pub const BOSH_INACTIVITY: Duration = Duration::from_secs(30);
/// Longest pause a BOSH client may ask for, such as while a page reloads.
pub const BOSH_PAUSE: Duration = Duration::from_secs(120);
/// Requests under way on one HTTP/2 connection: a page with its parts.
pub const HTTP_STREAMS: u32 = 100;
/// Addresses that a session may direct presence to at one time.
pub const DIRECTED: usize = 1_000;
/// Time for the last bytes of a connection to leave; a peer that does not read is not waited for.
pub const FAREWELL: Duration = Duration::from_secs(2);
/// The least time for which a session can be resumed, whatever the client wishes: a train passes a tunnel.
pub const RESUMABLE_LEAST: Duration = Duration::from_secs(60);
/// Messages of the past that a room gives to somebody who enters and asks for no number.
pub const ROOM_HISTORY: usize = 20;
/// Messages that a member missed and gets on entering without reading the archive: a busy day.
pub const ROOM_MISSED: usize = 250;
/// People in one room at most, whatever its owner sets.
pub const ROOM_OCCUPANTS: usize = 10_000;
/// Affiliations of one room: what an owner can look through, and what loading it may cost.
pub const ROOM_AFFILIATIONS: usize = 20_000;
/// Bytes of a nickname: what a list can show.
pub const ROOM_NICK_BYTES: usize = 128;
/// Bytes of a room's subject, and of its description.
pub const ROOM_SUBJECT_BYTES: usize = 4_096;
/// Bytes of a room's avatar card.
pub const ROOM_CARD_BYTES: usize = 128 * 1024;
/// Items of one request that changes affiliations or roles.
pub const ROOM_ITEMS: usize = 500;
/// Messages pinned in one room: more nobody looks through.
pub const ROOM_PINS: usize = 50;
/// People who ask one room to be let in, at a time.
pub const ROOM_REQUESTS: usize = 500;
/// Rooms that one person asks at a time.
pub const ROOM_REQUESTS_OF_ONE: usize = 50;
/// How long the invited may decline: who thinks for longer does not come.
pub const ROOM_INVITATION: Duration = Duration::from_secs(30 * 24 * 3600);
/// Unanswered invitations of one person that are remembered; the oldest are forgotten.
pub const ROOM_INVITATIONS_OF_ONE: i64 = 500;
/// Bytes of the note beside such a request, and of the reason for what is done to somebody.
pub const ROOM_NOTE_BYTES: usize = 1_000;
/// Links of one room that are open.
pub const ROOM_LINKS: usize = 200;
/// How long a link is good unless its maker says.
pub const ROOM_LINK: Duration = Duration::from_secs(7 * 24 * 3600);
/// How long a link is good at most.
pub const ROOM_LINK_MOST: Duration = Duration::from_secs(365 * 24 * 3600);
/// Sessions of one account that learn of active rooms.
pub const ROOM_WATCHERS: usize = 32;
/// Passwords of one room that one account names within [`ROOM_PASSWORD_PAUSE`]: everybody
/// mistypes, nobody that often.
pub const ROOM_PASSWORD_TRIES: u32 = 10;
/// How long an account waits that named too many: a guesser gets through 1,440 a day.
pub const ROOM_PASSWORD_PAUSE: Duration = Duration::from_secs(600);
/// Times that one account asks for voice in one room within [`ROOM_VOICE_PAUSE`]: each
/// is told to all moderators.
pub const ROOM_VOICE_REQUESTS: u32 = 3;
/// How long an account waits that asked too often.
pub const ROOM_VOICE_PAUSE: Duration = Duration::from_secs(600);
/// Accounts and rooms for which tries are counted at a time; the oldest are forgotten.
pub const ROOM_GUESSERS: usize = 10_000;
/// Hats that one room has, and that one person wears.
pub const ROOM_HATS: usize = 50;
/// Changes of affiliations that a client can catch up with.
pub const ROOM_CHANGES: usize = 1_000;
/// Rooms of one space that are looked at when somebody joins or leaves it.
pub const SPACE_ROOMS: u32 = 500;
/// How long a new room waits for its owner to configure it.
pub const ROOM_LOCKED: Duration = Duration::from_secs(300);
/// Rooms that one account may make within an hour: a school's teacher makes one a class.
pub const ROOMS_MADE_HOURLY: usize = 50;
/// People that one whisper names: more is a message to all.
pub const WHISPER_RECEIVERS: usize = 50;
/// Whispers that somebody gets from one sender in a room before they answer: enough to say
/// who one is and what one wants.
pub const WHISPERS_UNANSWERED: i64 = 3;
/// People in one room to whom one sender begins to whisper within an hour.
pub const WHISPERS_BEGUN_HOURLY: i64 = 20;
/// Circles of a server: families, companies, schools.
pub const CIRCLES: usize = 1_000;
/// People of one circle: a large school.
pub const CIRCLE_PEOPLE: usize = 20_000;
/// Bytes of a circle's name: what a list can show.
pub const CIRCLE_NAME_BYTES: usize = 128;
/// Bytes that may wait for one component: a gateway serves many people. Beyond it senders
/// are told to wait.
pub const COMPONENT_BYTES: usize = 8 * 1024 * 1024;
/// Bytes of what contacts elsewhere said of their presence, kept for components that may know
/// it and connect later. Beyond it they hear of more as it comes, and possibly more than once.
pub const OVERSEEN_BYTES: usize = 32 * 1024 * 1024;
/// Addresses that one account blocks: all are looked at in memory, and a whole domain is one.
pub const BLOCKS: usize = 5_000;
/// Reports of one account to the administrators in 24 hours: they read each of them.
pub const REPORTS_PER_DAY: usize = 20;
/// Messages that one report names.
pub const REPORTED: usize = 50;
/// Bytes of the messages that go to the administrators with one report.
pub const EVIDENCE_BYTES: usize = 64 * 1024;
/// Bytes of the reason for which somebody asks for an account: a few sentences, written by somebody
/// whom nobody knows yet.
pub const REASON_BYTES: usize = 1_024;
/// Events held for a session whose client was asked what it can do and has not answered yet;
/// beyond it the oldest go.
pub const HELD_EVENTS: usize = 256;
/// Bytes of the events that are held for one such session.
pub const HELD_BYTES: usize = 128 * 1024;
/// Bytes of the events that are held for all such sessions together: beyond it nothing more is.
pub const HELD_BYTES_OF_ALL: usize = 32 * 1024 * 1024;
/// Accounts that wait for approval, of which one answer tells: more than somebody decides about
/// before asking again.
pub const WAITING_SHOWN: usize = 100;
/// Shortest time between two notices to the administrators that accounts wait.
pub const WAITING_NOTICE: Duration = Duration::from_secs(60);
/// Bytes of a reporter's own words.
pub const REPORT_BYTES: usize = 4_096;
/// People that one privacy rule names: more is a group of contacts.
pub const PRIVACY_CHOSEN: usize = 1_000;
/// Strangers who may wait for one account's decision: what somebody can look through.
pub const REQUESTS: usize = 1_000;
/// People who are no contacts and no strangers: an account has written to each of them.
pub const ACQUAINTANCES: usize = 10_000;
/// Messages of one stranger before the account decides: one in twenty of what may wait for it.
pub const STRANGER_MESSAGES: u32 = 500;
/// Bytes of those messages, by the same measure.
pub const STRANGER_BYTES: u64 = 2_621_440;
/// Strangers to whom one account may turn within an hour: a club's secretary writes to its new people.
pub const STRANGERS_HOURLY: usize = 20;
/// The same within a day.
pub const STRANGERS_DAILY: usize = 100;

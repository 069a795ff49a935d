//! Every namespace, one constant each, with the title of its specification.

/// RFC 6120: client streams.
pub const CLIENT: &str = "jabber:client";
/// RFC 6120: server streams.
pub const SERVER: &str = "jabber:server";
/// RFC 6120: the stream element.
pub const STREAM: &str = "http://etherx.jabber.org/streams";
/// RFC 6120 section 4.9: stream errors.
pub const STREAM_ERRORS: &str = "urn:ietf:params:xml:ns:xmpp-streams";
/// RFC 6120 section 8.3: stanza errors.
pub const STANZA_ERRORS: &str = "urn:ietf:params:xml:ns:xmpp-stanzas";
/// RFC 6120 section 5: STARTTLS.
pub const TLS: &str = "urn:ietf:params:xml:ns:xmpp-tls";
/// RFC 6120 section 6: SASL.
pub const SASL: &str = "urn:ietf:params:xml:ns:xmpp-sasl";
/// RFC 6120 section 7: resource binding.
pub const BIND: &str = "urn:ietf:params:xml:ns:xmpp-bind";
/// RFC 3921: session establishment, offered as optional for old clients.
pub const SESSION: &str = "urn:ietf:params:xml:ns:xmpp-session";
/// RFC 6121: roster.
pub const ROSTER: &str = "jabber:iq:roster";
/// RFC 6121 section 2.6: roster versioning.
pub const ROSTER_VERSIONING: &str = "urn:xmpp:features:rosterver";
/// RFC 6121 section 3.4: subscription pre-approval.
pub const PRE_APPROVAL: &str = "urn:xmpp:features:pre-approval";
/// RFC 7395: XMPP over WebSocket.
pub const FRAMING: &str = "urn:ietf:params:xml:ns:xmpp-framing";

/// XEP-0004: data forms.
pub const DATA: &str = "jabber:x:data";
/// XEP-0016: privacy lists.
pub const PRIVACY: &str = "jabber:iq:privacy";
/// XEP-0494: the clients of an account.
pub const CLIENT_ACCESS: &str = "urn:xmpp:cam:0";
/// XEP-0012: last activity.
pub const LAST: &str = "jabber:iq:last";
/// XEP-0030: service discovery, information.
pub const DISCO_INFO: &str = "http://jabber.org/protocol/disco#info";
/// XEP-0030: service discovery, items.
pub const DISCO_ITEMS: &str = "http://jabber.org/protocol/disco#items";
/// XEP-0050: ad-hoc commands.
pub const COMMANDS: &str = "http://jabber.org/protocol/commands";
/// XEP-0059: result set management.
pub const RSM: &str = "http://jabber.org/protocol/rsm";
/// XEP-0045: entering a room; the service's feature.
pub const MUC: &str = "http://jabber.org/protocol/muc";
/// XEP-0045: what a room's admins do.
pub const MUC_ADMIN: &str = "http://jabber.org/protocol/muc#admin";
/// XEP-0045: what a room's owners do.
pub const MUC_OWNER: &str = "http://jabber.org/protocol/muc#owner";
/// XEP-0045: form of a room's configuration.
pub const MUC_CONFIG: &str = "http://jabber.org/protocol/muc#roomconfig";
/// XEP-0045: form of what a room tells about itself.
pub const MUC_INFO: &str = "http://jabber.org/protocol/muc#roominfo";
/// XEP-0045: form of asking for voice.
pub const MUC_REQUEST: &str = "http://jabber.org/protocol/muc#request";
/// XEP-0045: form of registering a nickname.
pub const MUC_REGISTER: &str = "http://jabber.org/protocol/muc#register";
/// XEP-0045: a room keeps each message's id.
pub const MUC_STABLE_ID: &str = "http://jabber.org/protocol/muc#stable_id";
/// XEP-0410: a room answers its occupants' pings to themselves.
pub const MUC_SELF_PING: &str = "http://jabber.org/protocol/muc#self-ping-optimization";
/// XEP-0425: moderated message retraction.
pub const MODERATE: &str = "urn:xmpp:message-moderate:1";
/// XEP-0425 before version 0.3, which fastened to messages.
pub const MODERATE_0: &str = "urn:xmpp:message-moderate:0";
/// XEP-0422: what belongs to another message.
pub const FASTEN: &str = "urn:xmpp:fasten:0";
/// XEP-0045: what a room tells its occupants.
pub const MUC_USER: &str = "http://jabber.org/protocol/muc#user";
/// XEP-0077: in-band registration.
pub const REGISTER: &str = "jabber:iq:register";
/// XEP-0077: its stream feature.
pub const REGISTER_FEATURE: &str = "http://jabber.org/features/iq-register";
/// XEP-0085: chat states.
pub const CHAT_STATES: &str = "http://jabber.org/protocol/chatstates";
/// XEP-0092: software version.
pub const VERSION: &str = "jabber:iq:version";
/// XEP-0115: entity capabilities.
pub const CAPS: &str = "http://jabber.org/protocol/caps";
/// XEP-0160: offline messages, advertised.
pub const OFFLINE: &str = "msgoffline";
/// XEP-0184: delivery receipts.
pub const RECEIPTS: &str = "urn:xmpp:receipts";
/// XEP-0198: stream management.
pub const SM: &str = "urn:xmpp:sm:3";
/// XEP-0199: ping.
pub const PING: &str = "urn:xmpp:ping";
/// XEP-0202: entity time.
pub const TIME: &str = "urn:xmpp:time";
/// XEP-0203: delayed delivery.
pub const DELAY: &str = "urn:xmpp:delay";
/// XEP-0206: XMPP over BOSH.
pub const XBOSH: &str = "urn:xmpp:xbosh";
/// XEP-0124: BOSH.
pub const HTTPBIND: &str = "http://jabber.org/protocol/httpbind";
/// XEP-0249: direct invitations to rooms.
pub const CONFERENCE: &str = "jabber:x:conference";
/// XEP-0280: message carbons.
pub const CARBONS: &str = "urn:xmpp:carbons:2";
/// XEP-0280: which messages are copied, advertised.
pub const CARBONS_RULES: &str = "urn:xmpp:carbons:rules:0";
/// XEP-0297: stanza forwarding.
pub const FORWARD: &str = "urn:xmpp:forward:0";
/// XEP-0308: last message correction.
pub const CORRECT: &str = "urn:xmpp:message-correct:0";
/// XEP-0313: message archive management.
pub const MAM: &str = "urn:xmpp:mam:2";
/// XEP-0313: the extended set (flip-page, ids, before-id, after-id, metadata).
pub const MAM_EXTENDED: &str = "urn:xmpp:mam:2#extended";
/// XEP-0333: chat markers.
pub const MARKERS: &str = "urn:xmpp:chat-markers:0";
/// XEP-0334: message processing hints.
pub const HINTS: &str = "urn:xmpp:hints";
/// XEP-0352: client state indication.
pub const CSI: &str = "urn:xmpp:csi:0";
/// XEP-0359: unique and stable stanza ids.
pub const STANZA_ID: &str = "urn:xmpp:sid:0";
/// XEP-0379: pre-authenticated roster subscription.
pub const PARS: &str = "urn:xmpp:pars:0";
/// XEP-0386: Bind 2.
pub const BIND2: &str = "urn:xmpp:bind:0";
/// XEP-0388: extensible SASL profile.
pub const SASL2: &str = "urn:xmpp:sasl:2";
/// XEP-0401: account invitations.
pub const INVITE: &str = "urn:xmpp:invite";
/// XEP-0421: who an occupant of a room is, over all nicknames.
pub const OCCUPANT_ID: &str = "urn:xmpp:occupant-id:0";
/// XEP-0424: message retraction.
pub const RETRACT: &str = "urn:xmpp:message-retract:1";
/// XEP-0428: fallback indication.
pub const FALLBACK: &str = "urn:xmpp:fallback:0";
/// XEP-0431: full-text search in an archive.
pub const FULLTEXT: &str = "urn:xmpp:fulltext:0";
/// XEP-0440: SASL channel-binding type capability.
pub const SASL_CB: &str = "urn:xmpp:sasl-cb:0";
/// XEP-0441: archive preferences, advertised since 2020 in the namespace of XEP-0313.
pub const MAM_PREFS: &str = MAM;
/// XEP-0444: reactions.
pub const REACTIONS: &str = "urn:xmpp:reactions:0";
/// XEP-0445: pre-authenticated in-band registration.
pub const IBR_TOKEN: &str = "urn:xmpp:ibr-token:0";
/// XEP-0461: replies.
pub const REPLY: &str = "urn:xmpp:reply:0";
/// XEP-0466: ephemeral messages.
pub const EPHEMERAL: &str = "urn:xmpp:ephemeral:0";
/// XEP-0478: stream limits advertisement.
pub const STREAM_LIMITS: &str = "urn:xmpp:stream-limits:0";
/// XEP-0484: fast authentication streamlining tokens.
pub const FAST: &str = "urn:xmpp:fast:0";
/// XEP-0490: message displayed synchronisation.
pub const DISPLAYED: &str = "urn:xmpp:mds:displayed:0";
/// XEP-0490: the server publishes on a displayed marker.
pub const DISPLAYED_ASSIST: &str = "urn:xmpp:mds:server-assist:0";

/// docs/rooms.md: what rooms have beyond XEP-0045.
pub const ROOMS: &str = "urn:skein:rooms:0";
/// docs/rooms.md: sets of people.
pub const CIRCLES: &str = "urn:skein:circles:0";
/// XEP-0317: hats.
pub const HATS: &str = "urn:xmpp:hats:0";
/// XEP-0433: extended channel search.
pub const CHANNEL_SEARCH: &str = "urn:xmpp:channel-search:0:search";
/// XEP-0437: room activity indicators.
pub const RAI: &str = "urn:xmpp:rai:0";
/// XEP-0463: versions of a room's affiliations.
pub const MAV: &str = "urn:xmpp:muc:affiliations:0";
/// XEP-0503: spaces.
pub const SPACES: &str = "urn:xmpp:spaces:0";

/// XEP-0060: publish-subscribe.
pub const PUBSUB: &str = "http://jabber.org/protocol/pubsub";
/// XEP-0060: event notifications.
pub const PUBSUB_EVENT: &str = "http://jabber.org/protocol/pubsub#event";
/// Nodes of some types alone (XEP-0462).
pub const PUBSUB_FILTER: &str = "urn:xmpp:pubsub-filter:0";
/// XEP-0060: errors.
pub const PUBSUB_ERRORS: &str = "http://jabber.org/protocol/pubsub#errors";
/// XEP-0060: form of a node's configuration.
pub const PUBSUB_CONFIG: &str = "http://jabber.org/protocol/pubsub#node_config";
/// XEP-0060: what only a node's owner may do.
pub const PUBSUB_OWNER: &str = "http://jabber.org/protocol/pubsub#owner";
/// XEP-0060: publish options.
pub const PUBSUB_OPTIONS: &str = "http://jabber.org/protocol/pubsub#publish-options";
/// XEP-0060: form of a subscription's options.
pub const PUBSUB_SUBSCRIBE_OPTIONS: &str = "http://jabber.org/protocol/pubsub#subscribe_options";
/// XEP-0060: form by which an owner lets somebody subscribe.
pub const PUBSUB_AUTHORIZATION: &str = "http://jabber.org/protocol/pubsub#subscribe_authorization";
/// XEP-0060: form of what a node is about.
pub const PUBSUB_META: &str = "http://jabber.org/protocol/pubsub#meta-data";
/// XEP-0033: extended addresses, for whom to reply to.
pub const ADDRESS: &str = "http://jabber.org/protocol/address";
/// XEP-0048: bookmarks in one list.
pub const OLD_BOOKMARKS: &str = "storage:bookmarks";
/// XEP-0049: private XML storage.
pub const PRIVATE: &str = "jabber:iq:private";
/// XEP-0054: vCards.
pub const VCARD: &str = "vcard-temp";
/// XEP-0084: avatars, their content.
pub const AVATAR_DATA: &str = "urn:xmpp:avatar:data";
/// XEP-0084: avatars, what there is.
pub const AVATAR_METADATA: &str = "urn:xmpp:avatar:metadata";
/// XEP-0153: the avatar's hash in presence.
pub const VCARD_UPDATE: &str = "vcard-temp:x:update";
/// XEP-0292: vCard 4 in XML.
pub const VCARD4: &str = "urn:ietf:params:xml:ns:vcard-4.0";
/// XEP-0292: the node of one's vCard.
pub const VCARD4_NODE: &str = "urn:xmpp:vcard4";
/// XEP-0398: avatars of both kinds are one.
pub const AVATAR_CONVERSION: &str = "urn:xmpp:pep-vcard-conversion:0";
/// XEP-0402: bookmarks, an item each.
pub const BOOKMARKS: &str = "urn:xmpp:bookmarks:1";
/// XEP-0411: bookmarks of private XML and of personal nodes are one.
pub const BOOKMARKS_CONVERSION: &str = "urn:xmpp:bookmarks-conversion:0";

/// Skein: the inbox, one answer with unread counts and last messages.
pub const INBOX: &str = "urn:skein:inbox:0";
/// Skein: when a message with a timer is gone; only the server says it.
pub const EXPIRES: &str = "urn:skein:expires:0";
/// Skein: accounts that wait until an administrator lets them in.
pub const ACCOUNTS: &str = "urn:skein:accounts:0";
/// Skein: letting a new device in by a token that another shows.
pub const LINK: &str = "urn:skein:link:0";
/// Skein: the passkeys of an account.
pub const PASSKEYS: &str = "urn:skein:passkeys:0";
/// Skein: messages that can be viewed once.
pub const VIEW_ONCE: &str = "urn:skein:view-once:0";
/// Skein: messages for some members of a group.
pub const WHISPER: &str = "urn:skein:whisper:0";
/// XEP-0114: streams of components.
pub const COMPONENT: &str = "jabber:component:accept";
/// XEP-0356: components that act for accounts.
pub const PRIVILEGE: &str = "urn:xmpp:privilege:2";
/// XEP-0191: block lists.
pub const BLOCKING: &str = "urn:xmpp:blocking";
/// XEP-0191: why something is not sent to whom the sender blocks.
pub const BLOCKING_ERRORS: &str = "urn:xmpp:blocking:errors";
/// XEP-0377: reports with a block.
pub const REPORTING: &str = "urn:xmpp:reporting:1";
/// Skein: who may see what of an account, and requests of strangers.
pub const PRIVACY_RULES: &str = "urn:skein:privacy:0";
/// XEP-0080: where somebody is.
pub const GEOLOC: &str = "http://jabber.org/protocol/geoloc";
/// XEP-0107: moods.
pub const MOOD: &str = "http://jabber.org/protocol/mood";
/// XEP-0108: what somebody does.
pub const ACTIVITY: &str = "http://jabber.org/protocol/activity";
/// XEP-0118: what somebody listens to.
pub const TUNE: &str = "http://jabber.org/protocol/tune";
/// XEP-0319: since when somebody does nothing.
pub const IDLE: &str = "urn:xmpp:idle:1";
/// XEP-0353: calls that are proposed.
pub const JINGLE_MESSAGE: &str = "urn:xmpp:jingle-message:0";
/// XEP-0501: stories.
pub const STORIES: &str = "urn:xmpp:pubsub-social-feed:stories:0";
/// XEP-0133: the type of the forms of service administration.
pub const ADMIN: &str = "http://jabber.org/protocol/admin";
/// XEP-0157: form of whom to turn to.
pub const SERVER_INFO: &str = "http://jabber.org/network/serverinfo";
/// XEP-0455: form of where to look when the server is away.
pub const OUTAGE: &str = "urn:xmpp:sos:0";
/// XEP-0472: what people write for others to read, in nodes.
pub const SOCIAL_FEED: &str = "urn:xmpp:pubsub-social-feed:1";

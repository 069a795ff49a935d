//! What components with the privilege learn of presence (XEP-0356 section 7): of accounts
//! here, and of their contacts elsewhere. Contacts here are accounts, of which they learn
//! anyway, and once.
//!
//! What contacts elsewhere said last is remembered, if there is anybody to be told: so that
//! what several accounts are told is told once, and to a component that connects later.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use skein_base::limits::OVERSEEN_BYTES;
use skein_db::DbError;
use skein_kernel::Ctx;
use skein_kernel::contracts::{Roster, blocks};
use skein_xmpp::{Jid, Kind, PresenceType, Stanza};

/// Accounts that are remembered to be told of one contact: one of them that still is answers
/// whether a component may know it.
const TOLD: usize = 16;
/// Bytes that a contact takes beside what it said.
const OVERHEAD: usize = 256;

/// The contacts elsewhere that are available, by their bare addresses.
#[derive(Default)]
pub(crate) struct Contacts(Mutex<All>);

#[derive(Default)]
struct All {
    of: HashMap<Box<str>, Contact>,
    bytes: usize,
    /// Some were not remembered, so that it is not known who is there.
    is_partial: bool,
}

#[derive(Default)]
struct Contact {
    presences: Vec<Stanza>,
    told: Vec<Jid>,
}

fn bytes_of(presence: &Stanza) -> usize {
    OVERHEAD + presence.content().len()
}

fn says_the_same(one: &Stanza, other: &Stanza) -> bool {
    one.kind == other.kind && one.content() == other.content() && one.lang == other.lang
}

impl All {
    /// Takes what a contact says to one more account; whether that is news.
    fn hear(&mut self, from: &Jid, to: Jid, presence: &Stanza) -> bool {
        let is_there = presence.kind == Kind::Presence(PresenceType::Available);
        let same = |known: &Stanza| known.from.as_ref() == Some(from);
        let contact = match is_there {
            true => self.of.entry(from.bare_str().into()).or_default(),
            false => match self.of.get_mut(from.bare_str()) {
                Some(contact) => contact,
                None => return self.is_partial,
            },
        };
        if is_there && !contact.told.contains(&to) {
            contact.told.truncate(TOLD - 1);
            contact.told.insert(0, to);
        }
        let before = contact.presences.iter().find(|known| same(known));
        if is_there && before.is_some_and(|before| says_the_same(before, presence)) {
            return false;
        }
        // Without a resource it is gone with all of them.
        let is_over = |known: &Stanza| same(known) || (!is_there && from.is_bare());
        let gone: usize =
            contact.presences.iter().filter(|known| is_over(known)).map(bytes_of).sum();
        contact.presences.retain(|known| !is_over(known));
        self.bytes -= gone;
        if is_there && self.bytes + bytes_of(presence) <= OVERSEEN_BYTES {
            self.bytes += bytes_of(presence);
            contact.presences.push(presence.clone());
        } else if is_there {
            self.is_partial = true;
        }
        if contact.presences.is_empty() {
            self.of.remove(from.bare_str());
        }
        is_there || gone > 0 || self.is_partial
    }

    fn forget(&mut self, domain: &str) {
        let is_there = |bare: &str| Jid::parse(bare).is_ok_and(|jid| jid.domain() == domain);
        self.of.retain(|bare, _| !is_there(bare));
        self.bytes = self.of.values().flat_map(|contact| &contact.presences).map(bytes_of).sum();
    }
}

/// A session came or went.
pub(crate) fn account(ctx: &Ctx, presence: &Stanza) {
    let config = &ctx.config.components;
    let more = config.managed_presence.iter().filter(|one| !config.roster_presence.contains(one));
    let all: Vec<String> = config.roster_presence.iter().chain(more).cloned().collect();
    tell(ctx, &all, presence);
}

/// Presence of somebody elsewhere for the account `to`: only what contacts say counts,
/// whether the account is there or not.
pub(crate) async fn contact(
    ctx: &Arc<Ctx>,
    from: &Jid,
    to: &Jid,
    presence: &Stanza,
) -> Result<(), DbError> {
    let allowed = &ctx.config.components.roster_presence;
    if allowed.is_empty() || ctx.serves(from.domain()) || !sees(ctx, &to.bare(), from).await? {
        return Ok(());
    }
    let others = allowed.iter().filter(|domain| *domain != from.domain());
    let others: Vec<String> = others.cloned().collect();
    // Told under the lock: a component that connects meanwhile hears of it in one order.
    let mut all = ctx.state::<Contacts>().0.lock();
    if all.hear(from, to.bare(), presence) {
        tell(ctx, &others, presence);
    }
    Ok(())
}

/// Whether an account receives presence of somebody, or would if it were available.
async fn sees(ctx: &Arc<Ctx>, account: &Jid, contact: &Jid) -> Result<bool, DbError> {
    let owner = ctx.user(account).await?.filter(|owner| !blocks(owner, contact));
    let roster = owner.and_then(|owner| owner.slot::<Roster>());
    Ok(roster.is_some_and(|roster| roster.with(contact).to))
}

/// A component has connected: tells it which contacts elsewhere are there, if it may know
/// (XEP-0356 section 8 rule 1).
pub(crate) async fn came(ctx: &Arc<Ctx>, domain: &str) -> Result<(), DbError> {
    let allowed = &ctx.config.components.roster_presence;
    let Some(own) = allowed.iter().find(|own| *own == domain) else { return Ok(()) };
    let known: Vec<(Jid, Vec<Jid>)> = {
        let all = ctx.state::<Contacts>().0.lock();
        let parsed = all.of.iter().map(|(bare, contact)| (Jid::parse(bare), contact));
        parsed.filter_map(|(bare, contact)| Some((bare.ok()?, contact.told.clone()))).collect()
    };
    for (bare, told) in known.into_iter().filter(|(bare, _)| bare.domain() != domain) {
        let mut is_seen = false;
        for account in &told {
            is_seen = is_seen || sees(ctx, account, &bare).await?;
        }
        if !is_seen {
            continue;
        }
        let all = ctx.state::<Contacts>().0.lock();
        for presence in all.of.get(bare.as_str()).iter().flat_map(|contact| &contact.presences) {
            tell(ctx, std::slice::from_ref(own), presence);
        }
    }
    Ok(())
}

/// A component is gone: who is there behind it is not known any more.
pub(crate) fn gone(ctx: &Ctx, domain: &str) {
    ctx.state::<Contacts>().0.lock().forget(domain);
}

fn tell(ctx: &Ctx, domains: &[String], presence: &Stanza) {
    for (domain, component) in ctx.connected(domains) {
        let mut presence = presence.clone();
        presence.to = Some(domain);
        component.tell(&presence);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jid(text: &str) -> Jid {
        Jid::parse(text).expect("an address")
    }

    fn presence(from: &str, kind: PresenceType, status: &str) -> Stanza {
        let mut presence = Stanza::new(Kind::Presence(kind));
        presence.from = Some(jid(from));
        presence.with_content(|writer| writer.leaf("status", "jabber:client", status))
    }

    #[test]
    fn what_several_accounts_are_told_is_news_once_and_its_memory_is_bounded() {
        use PresenceType::{Available, Unavailable};
        let mut all = All::default();
        let mut hear = |from: &str, to: &str, kind, status: &str| {
            let news = all.hear(&jid(from), jid(to), &presence(from, kind, status));
            (news, all.of.len(), all.bytes > 0)
        };
        assert_eq!(
            hear("r@gw/a", "j@here", Unavailable, ""),
            (false, 0, false),
            "nobody was there"
        );
        assert_eq!(hear("r@gw/a", "j@here", Available, "in"), (true, 1, true));
        assert_eq!(hear("r@gw/a", "n@here", Available, "in"), (false, 1, true));
        assert_eq!(hear("r@gw/a", "n@here", Available, "out"), (true, 1, true));
        assert_eq!(hear("r@gw/b", "n@here", Available, "in"), (true, 1, true));
        assert_eq!(hear("r@gw/a", "j@here", Unavailable, ""), (true, 1, true));
        assert_eq!(hear("r@gw/a", "n@here", Unavailable, ""), (false, 1, true));
        assert_eq!(hear("r@gw", "n@here", Unavailable, ""), (true, 0, false));
        let long = "x".repeat(OVERSEEN_BYTES / 10);
        for n in 0..20 {
            assert!(hear(&format!("c{n}@gw/a"), "j@here", Available, &long).0);
        }
        assert!(hear("c19@gw/a", "j@here", Unavailable, "").0, "told, though not remembered");
        assert!(all.bytes <= OVERSEEN_BYTES && all.of.len() < 20);
        all.forget("gw");
        assert_eq!((all.of.len(), all.bytes), (0, 0));
    }
}

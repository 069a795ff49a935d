//! Answers `jabber:iq:roster`.

use skein_db::Tx;
use skein_kernel::contracts::Subscription;
use skein_kernel::{Refusal, Request};
use skein_session::Flag;
use skein_xmpp::{Condition, IqType, Kind, PresenceType, Stanza, StanzaError};

use crate::proto::{Change, Item, write_query};
use crate::push::{push, refresh};
use crate::rules;
use crate::store::{self, Entry};

/// The whole list, or what changed since the client's version (XEP-0237).
pub(crate) async fn get(request: Request) -> Result<Stanza, Refusal> {
    let account = request.session.account();
    let known: Option<i64> = request.payload()?.attr("ver").and_then(|ver| ver.parse().ok());
    // From here on changes are pushed; one that happens meanwhile is seen twice rather than never.
    request.session.set(Flag::Interested, true);
    let (head, changes, entries) = request
        .ctx
        .db
        .read(move |tx| {
            let (head, floor) = store::head(tx, account)?;
            match known.filter(|known| (floor..=head).contains(known)) {
                Some(known) => Ok((head, true, store::since(tx, account, known)?)),
                None => Ok((head, false, store::items(tx, account)?)),
            }
        })
        .await?;
    let shown =
        |entry: &Entry| entry.item.removed || rules::is_listed(entry.listed, entry.item.state);
    let items: Vec<Item> = entries.into_iter().filter(shown).map(|entry| entry.item).collect();
    if !changes {
        return Ok(request.result(|writer| write_query(writer, head, &items)));
    }
    // An empty result says that the client is up to date but for the pushes that follow.
    let answer = request.done();
    request.session.send(&answer);
    for item in &items {
        let mut iq = Stanza::new(Kind::Iq(IqType::Set));
        iq.to = Some(request.session.jid.clone());
        iq.id = Some(format!("push-{:016x}", request.ctx.rng.next_u64()).into());
        request
            .session
            .send(&iq.with_content(|w| write_query(w, item.version, std::slice::from_ref(item))));
    }
    Err(Refusal::Answered)
}

/// Adds, renames or removes one contact.
pub(crate) async fn set(request: Request) -> Result<Stanza, Refusal> {
    match Change::read(request.payload()?)? {
        Change::Update { contact, name, groups } => update(&request, contact, name, groups).await?,
        Change::Remove(contact) => remove(&request, contact).await?,
    }
    Ok(request.done())
}

async fn update(
    request: &Request,
    contact: skein_xmpp::Jid,
    name: String,
    groups: Vec<String>,
) -> Result<(), Refusal> {
    let limits = &request.ctx.config.limits;
    let most = limits.roster_items;
    rules::check(&name, &groups, limits.roster_name_bytes)?;
    if contact == request.session.user.jid {
        return Err(Condition::NotAllowed.into());
    }
    let account = request.session.account();
    let write = move |tx: &mut Tx<'_>| {
        let known = store::item(tx, account, &contact)?;
        if known.is_none()
            && let Err(error) = rules::check_room(store::count(tx, account)?, most)
        {
            return Ok(Err(error));
        }
        let mut entry = known.unwrap_or_else(|| Entry::new(contact.clone()));
        entry.item.name.clone_from(&name);
        entry.item.groups.clone_from(&groups);
        entry.listed = true;
        store::put(tx, account, &mut entry)?;
        Ok(Ok(entry.item))
    };
    let (ctx, owner) = (request.ctx.clone(), request.session.user.clone());
    let then = move |outcome: &Result<Item, StanzaError>| {
        if let Ok(item) = outcome {
            refresh(&owner, item, true);
            push(&ctx, &owner, item);
        }
    };
    request.ctx.db.write_then(write, then).await??;
    Ok(())
}

async fn remove(request: &Request, contact: skein_xmpp::Jid) -> Result<(), Refusal> {
    let account = request.session.account();
    let of = contact.clone();
    let write = move |tx: &mut Tx<'_>| {
        let Some(mut entry) = store::item(tx, account, &of)? else { return Ok(None) };
        let before = entry.item.state;
        if !rules::is_listed(entry.listed, before) {
            return Ok(None);
        }
        entry.item.removed = true;
        entry.item.state = Default::default();
        entry.listed = false;
        store::put(tx, account, &mut entry)?;
        Ok(Some((before, entry.item)))
    };
    let (ctx, owner) = (request.ctx.clone(), request.session.user.clone());
    let then = move |removed: &Option<(Subscription, Item)>| {
        if let Some((_, item)) = removed {
            refresh(&owner, item, false);
            push(&ctx, &owner, item);
        }
    };
    let removed = request.ctx.db.write_then(write, then).await?;
    let Some((before, _)) = removed else { return Err(Condition::ItemNotFound.into()) };
    let owner = &request.session.user;
    // Removing a contact ends both subscriptions (RFC 6121 section 2.5.2).
    let mut notices = Vec::new();
    if before.to || before.ask {
        notices.push((PresenceType::Unsubscribe, owner.jid.clone()));
    }
    if before.from || before.pending_in {
        notices
            .extend(owner.available().iter().map(|s| (PresenceType::Unavailable, s.jid.clone())));
        notices.push((PresenceType::Unsubscribed, owner.jid.clone()));
    }
    for (kind, from) in notices {
        let mut presence = Stanza::new(Kind::Presence(kind));
        presence.from = Some(from);
        presence.to = Some(contact.clone());
        request.ctx.route().route(presence).await;
    }
    Ok(())
}

//! The contract by which presence changes subscriptions.

use std::sync::Arc;

use skein_base::AccountId;
use skein_db::{DbError, Tx};
use skein_kernel::contracts::{RosterBook, Subscription};
use skein_kernel::{Ctx, Future, Refusal};
use skein_session::User;
use skein_xml::{Document, Limits};
use skein_xmpp::{Jid, Stanza, StanzaError};

use crate::proto::Item;
use crate::push::{push, refresh};
use crate::rules;
use crate::store::{self, Entry};

/// See the contract.
pub(crate) struct Book;

/// What became of an entry.
struct Changed {
    before: Subscription,
    item: Item,
    /// The owner's clients see it.
    is_listed: bool,
    /// It is in the store.
    is_kept: bool,
}

impl RosterBook for Book {
    fn change(
        &self,
        ctx: Arc<Ctx>,
        owner: Arc<User>,
        contact: Jid,
        change: fn(Subscription) -> Subscription,
        request: Option<Stanza>,
    ) -> Future<'static, Result<(Subscription, Subscription), Refusal>> {
        Box::pin(async move {
            let account = owner.account;
            let request = request.map(|request| request.to_xml());
            let contact = contact.bare();
            let most = ctx.config.limits.roster_items;
            let (server, of) = (ctx.clone(), owner.clone());
            let write = move |tx: &mut Tx<'_>| {
                let known = store::item(tx, account, &contact)?;
                let is_new = known.is_none();
                let mut entry = known.unwrap_or_else(|| Entry::new(contact.clone()));
                let before = entry.item.state;
                let after = change(before);
                if after == before && request.is_none() {
                    return Ok(Ok(Changed {
                        before,
                        item: entry.item,
                        is_listed: false,
                        is_kept: !is_new,
                    }));
                }
                if is_new && let Err(error) = rules::check_room(store::count(tx, account)?, most) {
                    return Ok(Err(error));
                }
                entry.item.state = after;
                // What the owner asked for or granted belongs in the list, and stays.
                entry.listed = rules::is_listed(entry.listed, after);
                if !entry.listed && !after.pending_in {
                    store::drop_unlisted(tx, account, &contact)?;
                    return Ok(Ok(Changed {
                        before,
                        item: entry.item,
                        is_listed: false,
                        is_kept: false,
                    }));
                }
                store::put(tx, account, &mut entry)?;
                if after.pending_in != before.pending_in || request.is_some() {
                    let kept = request.as_deref().filter(|_| after.pending_in);
                    store::set_request(tx, account, &contact, kept)?;
                }
                Ok(Ok(Changed { before, item: entry.item, is_listed: entry.listed, is_kept: true }))
            };
            let then = move |outcome: &Result<Changed, StanzaError>| {
                let Ok(changed) = outcome else { return };
                refresh(&of, &changed.item, changed.is_kept);
                if changed.is_listed && changed.before != changed.item.state {
                    push(&server, &of, &changed.item);
                }
            };
            let changed = ctx.db.write_then(write, then).await??;
            Ok((changed.before, changed.item.state))
        })
    }

    fn grouped(
        &self,
        tx: &mut Tx<'_>,
        owner: AccountId,
        groups: &[String],
    ) -> Result<Vec<Jid>, DbError> {
        let mut items = store::items(tx, owner)?;
        items.retain(|entry| entry.item.groups.iter().any(|group| groups.contains(group)));
        Ok(items.into_iter().map(|entry| entry.item.contact).collect())
    }

    fn requests(
        &self,
        ctx: Arc<Ctx>,
        owner: Arc<User>,
    ) -> Future<'static, Result<Vec<Stanza>, Refusal>> {
        Box::pin(async move {
            let account = owner.account;
            let requests = ctx.db.read(move |tx| store::requests(tx, account)).await?;
            let read = |xml: &String| {
                let document = Document::parse(xml, &Limits::kept()).ok()?;
                Stanza::read(document.root()).ok()
            };
            Ok(requests.iter().filter_map(read).collect())
        })
    }
}

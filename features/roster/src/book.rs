//! The contract by which presence changes subscriptions.

use std::sync::Arc;

use skein_base::AccountId;
use skein_db::{DbError, Tx};
use skein_kernel::contracts::{RosterBook, Subscription};
use skein_kernel::{Ctx, Future, Refusal};
use skein_session::User;
use skein_xml::{Document, Limits};
use skein_xmpp::{Jid, Stanza};

use crate::push::{push, refresh};
use crate::rules;
use crate::store::{self, Entry};

/// See the contract.
pub(crate) struct Book;

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
            let (before, item, listed) = ctx
                .db
                .write(move |tx| {
                    let known = store::item(tx, account, &contact)?;
                    let is_new = known.is_none();
                    let mut entry = known.unwrap_or_else(|| Entry::new(contact.clone()));
                    let before = entry.item.state;
                    let after = change(before);
                    if after == before && request.is_none() {
                        return Ok(Ok((before, entry.item, false)));
                    }
                    if is_new
                        && let Err(error) = rules::check_room(store::count(tx, account)?, most)
                    {
                        return Ok(Err(error));
                    }
                    entry.item.state = after;
                    // What the owner asked for or granted belongs in the list, and stays.
                    entry.listed = rules::is_listed(entry.listed, after);
                    if !entry.listed && !after.pending_in {
                        store::drop_unlisted(tx, account, &contact)?;
                        return Ok(Ok((before, entry.item, false)));
                    }
                    store::put(tx, account, &mut entry)?;
                    if after.pending_in != before.pending_in || request.is_some() {
                        let kept = request.as_deref().filter(|_| after.pending_in);
                        store::set_request(tx, account, &contact, kept)?;
                    }
                    Ok(Ok((before, entry.item, entry.listed)))
                })
                .await??;
            refresh(&owner, &item);
            if listed && before != item.state {
                push(&ctx, &owner, &item);
            }
            Ok((before, item.state))
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

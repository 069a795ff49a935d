//! The last item of each node that a client wants, when it becomes able (XEP-0163 section 4.3.4).

use std::sync::Arc;

use skein_base::AccountId;
use skein_db::{DbError, Tx};
use skein_kernel::Ctx;
use skein_kernel::contracts::{Roster, are_apart, shows_node};
use skein_session::Session;
use skein_xmpp::Jid;

use crate::Waiting;
use crate::notify::{self, event, log};
use crate::place::grouped;
use crate::proto::write_items_event;
use crate::rules::{Access, Affiliation, Base, Config, Kin, SendLast, Standing, State, may_read};
use crate::store::{self, Stored};

/// Contacts whose nodes are looked at: more than people have, and a bound on one login's work.
const CONTACTS: usize = 1_000;

struct Last {
    owner: Jid,
    node: String,
    item: Stored,
    with_payload: bool,
}

/// Gives them, the owner's own first, and then what was held for the session.
pub(crate) async fn give(ctx: &Arc<Ctx>, session: &Arc<Session>) {
    let held = &ctx.state::<Waiting>().held;
    if ctx.contracts.capabilities.wants_any(session) {
        // What comes about after the items were read is newer than they are.
        held.open(session);
        log(try_give(ctx, session).await);
    }
    held.release(&*ctx.contracts.capabilities, session);
}

async fn try_give(ctx: &Arc<Ctx>, session: &Arc<Session>) -> Result<(), DbError> {
    let roster = session.user.slot::<Roster>().unwrap_or_default();
    let contacts: Vec<Jid> = roster.watched().take(CONTACTS).cloned().collect();
    let (at, of) = (ctx.clone(), session.clone());
    let lasts = ctx
        .db
        .read(move |tx| {
            let mut lasts = Vec::new();
            collect(&at, tx, &of, &of.user.jid, of.account(), &mut lasts)?;
            for contact in contacts.iter().filter(|contact| at.serves(contact.domain())) {
                if let Some(account) = at.contracts.directory.account(tx, contact)? {
                    collect(&at, tx, &of, contact, account, &mut lasts)?;
                }
            }
            Ok(lasts)
        })
        .await?;
    for last in lasts {
        let is_own = last.owner == session.user.jid;
        if is_own || lets_see(ctx, &last.owner, &last.node, session).await? {
            let event = event(&last.owner, |writer| {
                write_items_event(writer, &last.node, Some(&last.item), last.with_payload);
            });
            notify::give(session, &event);
        }
    }
    Ok(())
}

/// Whether the owner's own roster, too, lets the session's account see its presence, and its
/// privacy rules the node.
async fn lets_see(
    ctx: &Arc<Ctx>,
    owner: &Jid,
    node: &str,
    session: &Session,
) -> Result<bool, DbError> {
    let owner = ctx.user(owner).await?.filter(|owner| {
        !are_apart(owner, &session.user) && shows_node(owner, node, &session.user.jid)
    });
    let roster = owner.and_then(|owner| owner.slot::<Roster>());
    Ok(roster.is_some_and(|roster| roster.with(&session.user.jid).from))
}

fn collect(
    ctx: &Ctx,
    tx: &mut Tx<'_>,
    session: &Session,
    owner: &Jid,
    account: AccountId,
    lasts: &mut Vec<Last>,
) -> Result<(), DbError> {
    let is_own = account == session.account();
    let now = ctx.now();
    for (name, node) in store::nodes(tx, account, Base::Account, "")? {
        let config = &node.config;
        let wanted = config.send_last == SendLast::OnSubAndPresence
            && config.deliver
            && ctx.contracts.capabilities.wants(session, &name);
        if !wanted || !(is_own || may_hear(ctx, tx, account, &name, config, &session.user.jid)?) {
            continue;
        }
        if let Some(item) = store::items(tx, account, &name, 1, now)?.pop() {
            let with_payload = config.deliver_payloads;
            lasts.push(Last { owner: owner.clone(), node: name, item, with_payload });
        }
    }
    Ok(())
}

/// Whether a contact may have a node's events by its presence alone.
fn may_hear(
    ctx: &Ctx,
    tx: &mut Tx<'_>,
    account: AccountId,
    name: &str,
    config: &Config,
    contact: &Jid,
) -> Result<bool, DbError> {
    let affiliation = store::affiliation(tx, account, name, contact)?;
    let in_group = config.access == Access::Roster
        && grouped(ctx, tx, account, &config.groups)?.contains(contact);
    let standing = Standing { kin: Kin::Contact, affiliation, state: State::None, in_group };
    let is_outcast = affiliation == Affiliation::Outcast;
    Ok(!is_outcast && may_read(config.access, &standing))
}

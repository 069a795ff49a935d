//! Answers `urn:xmpp:blocking`.

use std::sync::Arc;

use skein_base::{AccountId, limits};
use skein_db::{DbError, Tx};
use skein_kernel::contracts::Blocks;
use skein_kernel::{Refusal, Request};
use skein_session::{Flag, Turns};
use skein_xmpp::{Condition, Jid, Stanza, StanzaError};

use crate::proto::{Items, Report, write_items};
use crate::push::push;
use crate::{effects, reports, store};

/// The list; from here on the session gets pushes.
pub(crate) async fn list(request: Request) -> Result<Stanza, Refusal> {
    request.session.set(Flag::WatchesBlocks, true);
    let blocks = request.session.user.slot::<Blocks>().unwrap_or_default();
    Ok(request.result(|writer| write_items(writer, "blocklist", blocks.addresses.iter())))
}

/// Blocks addresses and reports them.
pub(crate) async fn block(request: Request) -> Result<Stanza, Refusal> {
    let Items { addresses, reports } = Items::read(request.payload()?, &request.session.user.jid)?;
    if addresses.is_empty() {
        return Err(Condition::BadRequest.into());
    }
    let change = Change { add: addresses, reports, ..Change::default() };
    change.make(&request).await?;
    Ok(request.done())
}

/// Unblocks addresses, or all of them.
pub(crate) async fn unblock(request: Request) -> Result<Stanza, Refusal> {
    let Items { addresses, .. } = Items::read(request.payload()?, &request.session.user.jid)?;
    let clear = addresses.is_empty();
    Change { remove: addresses, clear, ..Change::default() }.make(&request).await?;
    Ok(request.done())
}

/// What is to change.
#[derive(Default)]
pub(crate) struct Change {
    /// Everything goes that is not added.
    pub(crate) clear: bool,
    pub(crate) add: Vec<Jid>,
    pub(crate) remove: Vec<Jid>,
    pub(crate) reports: Vec<Report>,
}

impl Change {
    /// Stores it, puts it into force and tells whom it concerns.
    ///
    /// # Errors
    /// `not-allowed` for the own account, `resource-constraint` for a list too long, and
    /// what reports are refused for; nothing is changed then.
    pub(crate) async fn make(self, request: &Request) -> Result<(), Refusal> {
        let owner = &request.session.user;
        if self.add.iter().any(|jid| jid.same_bare(&owner.jid)) {
            return Err(StanzaError::new(Condition::NotAllowed)
                .text("nobody can block their own account")
                .into());
        }
        let (clear, add, remove) = (self.clear, self.add.clone(), self.remove.clone());
        let _turn = request.ctx.state::<Turns>().of(owner.account).await;
        let before = owner.slot::<Blocks>().unwrap_or_default();
        let writes = reports::Writes::new(request, self.reports).proven(&request.ctx).await?;
        let reports = writes.clone();
        let account = owner.account;
        let after = request
            .ctx
            .db
            .write(move |tx| {
                if let Err(error) = reports.check(tx)? {
                    return Ok(Err(error));
                }
                let after = write(tx, account, clear, &add, &remove)?;
                if after.as_ref().is_ok() {
                    reports.write(tx)?;
                }
                Ok(after)
            })
            .await??;
        owner.set_slot(after.clone());
        let mut added: Vec<Jid> = after.addresses.difference(&before.addresses).cloned().collect();
        let mut removed: Vec<Jid> =
            before.addresses.difference(&after.addresses).cloned().collect();
        added.sort_unstable_by(|one, other| one.as_str().cmp(other.as_str()));
        removed.sort_unstable_by(|one, other| one.as_str().cmp(other.as_str()));
        if !removed.is_empty() {
            // Without items: everything (section 3.3).
            let all = clear && after.addresses.is_empty();
            push(&request.ctx, owner, "unblock", if all { &[] } else { &removed });
        }
        if !added.is_empty() {
            push(&request.ctx, owner, "block", &added);
        }
        effects::blocked(&request.ctx, owner, &before, &after).await;
        effects::unblocked(&request.ctx, owner, &before, &after).await;
        writes.forward(&request.ctx).await;
        Ok(())
    }
}

/// The list after the change. A refusal must not leave half of it behind, so it is
/// decided first.
fn write(
    tx: &mut Tx<'_>,
    account: AccountId,
    clear: bool,
    add: &[Jid],
    remove: &[Jid],
) -> Result<Result<Blocks, StanzaError>, DbError> {
    let mut addresses = if clear { Default::default() } else { store::load(tx, account)? };
    for jid in remove {
        addresses.remove(jid);
    }
    addresses.extend(add.iter().cloned());
    if addresses.len() > limits::BLOCKS {
        return Ok(Err(StanzaError::new(Condition::ResourceConstraint)
            .text("the block list is full; unblock somebody first")));
    }
    if clear {
        store::clear(tx, account)?;
    }
    for jid in remove {
        store::remove(tx, account, jid)?;
    }
    for jid in add {
        store::add(tx, account, jid)?;
    }
    Ok(Ok(Blocks { addresses }))
}

/// The owner's list as it is in force.
pub(crate) fn in_force(request: &Request) -> Arc<Blocks> {
    request.session.user.slot::<Blocks>().unwrap_or_default()
}

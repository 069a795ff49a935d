//! The contract by which other features publish and read.

use std::sync::{Arc, Mutex, PoisonError};

use skein_base::{AccountId, Fault};
use skein_db::{DbError, Tx};
use skein_kernel::contracts::{Item, MakeFn, Published};
use skein_kernel::{Ctx, Future, Refusal};
use skein_session::{Session, User};
use skein_xmpp::disco::Info;
use skein_xmpp::{Condition, IqType, Jid, Kind, Stanza};

use crate::edit::{Edit, announce, write_all};
use crate::handle::{hidden, ids, info, listed};
use crate::place::{Call, Place, Stop, at_account};
use crate::proto::Filter;
use crate::rules::{Kin, may_read, unreadable};
use crate::store;

/// See the contract.
pub(crate) struct Nodes;

/// A question of another feature in `asker`'s name.
async fn call(ctx: Arc<Ctx>, asker: &Session, owner: &Jid) -> Result<Call, DbError> {
    let (place, kin) = at_account(&ctx, &asker.user, owner).await?;
    let stanza = Stanza::new(Kind::Iq(IqType::Get));
    Ok(Call { ctx, place, asker: asker.jid.clone(), kin, stanza })
}

impl Published for Nodes {
    fn items(
        &self,
        tx: &mut Tx<'_>,
        owner: AccountId,
        node: &str,
        max: u32,
    ) -> Result<Vec<Item>, DbError> {
        let items = store::items(tx, owner, node, max, skein_base::Timestamp(0))?;
        Ok(items.into_iter().rev().map(|stored| stored.item).collect())
    }

    fn item(
        &self,
        tx: &mut Tx<'_>,
        owner: AccountId,
        node: &str,
        id: &str,
    ) -> Result<Option<Item>, DbError> {
        let stored = store::item(tx, owner, node, id, skein_base::Timestamp(0))?;
        Ok(stored.map(|stored| stored.item))
    }

    fn change(
        &self,
        ctx: Arc<Ctx>,
        owner: Arc<User>,
        mut make: MakeFn,
    ) -> Future<'static, Result<(), Refusal>> {
        Box::pin(async move {
            let call = Call {
                ctx,
                asker: owner.jid.clone(),
                place: Place::Account(owner),
                kin: Kin::Owner,
                stanza: Stanza::new(Kind::Iq(IqType::Set)),
            };
            let refused = Arc::new(Mutex::new(None));
            let why = refused.clone();
            let done = call
                .write(move |call, tx| {
                    let mut edits = Vec::new();
                    for changes in make(&call.ctx, tx)?? {
                        match Edit::plan(call, tx, changes) {
                            Ok(edit) => edits.push(edit),
                            Err(Stop::Db(error)) => return Err(error.into()),
                            // The other feature may have written: only a fault takes it back.
                            Err(Stop::Reject(error)) => {
                                *why.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                                return Err(
                                    DbError::from(Fault::new("a change was refused")).into()
                                );
                            }
                        }
                    }
                    Ok(write_all(call, tx, edits)?)
                })
                .await;
            let refused = refused.lock().unwrap_or_else(PoisonError::into_inner).take();
            match (done, refused) {
                (Ok(done), _) => {
                    announce(&call, done).await;
                    Ok(())
                }
                (Err(_), Some(error)) => Err(error.into()),
                (Err(fault), None) => Err(fault),
            }
        })
    }

    fn read(
        &self,
        ctx: Arc<Ctx>,
        asker: Arc<Session>,
        owner: Jid,
        node: String,
        id: Option<String>,
    ) -> Future<'static, Result<Option<Item>, Refusal>> {
        Box::pin(async move {
            let call = call(ctx, &asker, &owner).await?;
            let found = call
                .read(move |call, tx| {
                    let Some((known, standing)) = call.look(tx, &node)? else {
                        return match call.kin {
                            Kin::Stranger => Err(Condition::ServiceUnavailable.into()),
                            _ => Ok(None),
                        };
                    };
                    if !may_read(known.config.access, &standing) {
                        return Err(unreadable(&known.config, &standing).into());
                    }
                    let (owner, now) = (call.owner(), call.ctx.now());
                    Ok(match id {
                        Some(id) => store::item(tx, owner, &node, &id, now)?,
                        None => store::items(tx, owner, &node, 1, now)?.pop(),
                    })
                })
                .await;
            Ok(hidden(call.kin, found)?.map(|stored| stored.item))
        })
    }

    fn nodes(
        &self,
        ctx: Arc<Ctx>,
        asker: Arc<Session>,
        owner: Jid,
    ) -> Future<'static, Result<Vec<(String, String)>, Refusal>> {
        Box::pin(async move {
            let call = call(ctx, &asker, &owner).await?;
            hidden(call.kin, listed(&call, Filter::None).await)
        })
    }

    fn ids(
        &self,
        ctx: Arc<Ctx>,
        asker: Arc<Session>,
        owner: Jid,
        node: String,
    ) -> Future<'static, Result<Vec<String>, Refusal>> {
        Box::pin(async move {
            let call = call(ctx, &asker, &owner).await?;
            hidden(call.kin, ids(&call, node).await)
        })
    }

    fn info(
        &self,
        ctx: Arc<Ctx>,
        asker: Arc<Session>,
        owner: Jid,
        node: String,
    ) -> Future<'static, Result<Info, Refusal>> {
        Box::pin(async move {
            let call = call(ctx, &asker, &owner).await?;
            hidden(call.kin, info(&call, node).await)
        })
    }
}

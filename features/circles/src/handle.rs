//! Answers `urn:skein:circles:0`.

use std::sync::Arc;

use skein_accounts::{Accounts, Role};
use skein_base::AccountId;
use skein_base::rng::to_hex;
use skein_db::Tx;
use skein_kernel::contracts::InCircles;
use skein_kernel::{Ctx, Event, Refusal, Request};
use skein_xmpp::{Condition, Jid, Stanza, StanzaError, ns};

use crate::proto::{
    Circle, read_id, read_jid, read_keeper, read_kind, read_name, start_circle, write_person,
};
use crate::store;

/// One change at a time, so that the slots follow the store.
#[derive(Default)]
pub(crate) struct Turn(tokio::sync::Mutex<()>);

async fn is_admin(request: &Request) -> Result<bool, Refusal> {
    let account = request.ctx.state::<Accounts>().find(&request.session.user.jid).await?;
    Ok(account.is_some_and(|account| account.role == Role::Admin))
}

async fn admins_only(request: &Request) -> Result<(), Refusal> {
    if is_admin(request).await? {
        return Ok(());
    }
    Err(StanzaError::new(Condition::Forbidden).text("only administrators may do this").into())
}

/// The asker's circles; for administrators all of them.
pub(crate) async fn list(request: Request) -> Result<Stanza, Refusal> {
    let (admin, account) = (is_admin(&request).await?, request.session.account());
    let circles = request.ctx.db.read(move |tx| {
        let mine = store::mine(tx, account)?;
        let mut circles: Vec<(Circle, Option<bool>)> =
            mine.into_iter().map(|(circle, keeper)| (circle, Some(keeper))).collect();
        if admin {
            let known: Vec<String> = circles.iter().map(|(circle, _)| circle.id.clone()).collect();
            let others = store::all(tx)?.into_iter().filter(|circle| !known.contains(&circle.id));
            circles.extend(others.map(|circle| (circle, None)));
        }
        Ok(circles)
    });
    let circles = circles.await?;
    Ok(request.result(|writer| {
        writer.start("circles", ns::CIRCLES);
        for (circle, role) in &circles {
            start_circle(writer, circle, *role);
            writer.end();
        }
        writer.end();
    }))
}

/// One circle with its people, for them.
pub(crate) async fn show(request: Request) -> Result<Stanza, Refusal> {
    let id = read_id(request.payload()?)?;
    let (admin, account) = (is_admin(&request).await?, request.session.account());
    let found = request.ctx.db.read(move |tx| {
        let role = store::role(tx, &id, account)?;
        if role.is_none() && !admin {
            return Ok(None);
        }
        let Some(circle) = store::one(tx, &id)? else { return Ok(None) };
        Ok(Some((circle, role, store::people(tx, &id)?)))
    });
    let (circle, role, people) = found.await?.ok_or(Condition::ItemNotFound)?;
    Ok(request.result(|writer| {
        start_circle(writer, &circle, role);
        people.iter().for_each(|person| write_person(writer, person));
        writer.end();
    }))
}

/// A new circle.
pub(crate) async fn create(request: Request) -> Result<Stanza, Refusal> {
    admins_only(&request).await?;
    let payload = request.payload()?;
    let mut random = [0; 8];
    request.ctx.rng.fill(&mut random);
    let circle = Circle {
        id: to_hex(&random),
        name: read_name(payload)?.ok_or(Condition::BadRequest)?,
        kind: read_kind(payload)?.unwrap_or_else(|| "other".to_owned()),
    };
    let made = circle.clone();
    let is_made = request.ctx.db.write(move |tx| {
        let has_room = store::has_room(tx)?;
        if has_room {
            store::put(tx, &made)?;
        }
        Ok(has_room)
    });
    if !is_made.await? {
        return Err(Condition::ResourceConstraint.into());
    }
    Ok(request.result(|writer| {
        start_circle(writer, &circle, None);
        writer.end();
    }))
}

/// Another name or kind.
pub(crate) async fn change(request: Request) -> Result<Stanza, Refusal> {
    let payload = request.payload()?;
    let id = read_id(payload)?;
    let (name, kind) = (read_name(payload)?, read_kind(payload)?);
    let asker = Asker::of(&request).await?;
    let changed = request.ctx.db.write(move |tx| {
        if let Err(condition) = asker.may_keep(tx, &id)? {
            return Ok(Err(condition));
        }
        let Some(mut circle) = store::one(tx, &id)? else {
            return Ok(Err(Condition::ItemNotFound));
        };
        circle.name = name.clone().unwrap_or(circle.name);
        circle.kind = kind.clone().unwrap_or(circle.kind);
        store::put(tx, &circle)?;
        Ok(Ok(()))
    });
    changed.await??;
    Ok(request.done())
}

/// The end of a circle.
pub(crate) async fn remove(request: Request) -> Result<Stanza, Refusal> {
    admins_only(&request).await?;
    let id = read_id(request.payload()?)?;
    let _turn = request.ctx.state::<Turn>().0.lock().await;
    let removed = request.ctx.db.write(move |tx| {
        if store::one(tx, &id)?.is_none() {
            return Ok(None);
        }
        let people = store::people(tx, &id)?;
        store::remove(tx, &id)?;
        Ok(Some(people))
    });
    let people = removed.await?.ok_or(Condition::ItemNotFound)?;
    for person in people {
        if let Ok(jid) = Jid::parse(&person.jid) {
            settle(&request.ctx, &jid).await?;
        }
    }
    Ok(request.done())
}

/// Somebody comes in, or may do more or less.
pub(crate) async fn add(request: Request) -> Result<Stanza, Refusal> {
    let payload = request.payload()?;
    let (id, jid, keeper) = (read_id(payload)?, read_jid(payload)?, read_keeper(payload)?);
    let asker = Asker::of(&request).await?;
    let _turn = request.ctx.state::<Turn>().0.lock().await;
    let (ctx, person) = (request.ctx.clone(), jid.clone());
    let added = request.ctx.db.write(move |tx| {
        if let Err(condition) = asker.may_keep(tx, &id)? {
            return Ok(Err(condition));
        }
        let Some(account) = ctx.contracts.directory.account(tx, &person)? else {
            return Ok(Err(Condition::ItemNotFound));
        };
        if store::role(tx, &id, account)?.is_none() && !store::has_seat(tx, &id)? {
            return Ok(Err(Condition::ResourceConstraint));
        }
        store::add(tx, &id, account, &person, keeper)?;
        Ok(Ok(()))
    });
    added.await??;
    settle(&request.ctx, &jid).await?;
    Ok(request.done())
}

/// Somebody goes out, by themselves or by a keeper.
pub(crate) async fn drop_out(request: Request) -> Result<Stanza, Refusal> {
    let payload = request.payload()?;
    let (id, jid) = (read_id(payload)?, read_jid(payload)?);
    let is_self = jid == request.session.user.jid;
    let asker = Asker::of(&request).await?;
    let _turn = request.ctx.state::<Turn>().0.lock().await;
    let (ctx, person) = (request.ctx.clone(), jid.clone());
    let dropped = request.ctx.db.write(move |tx| {
        if !is_self && let Err(condition) = asker.may_keep(tx, &id)? {
            return Ok(Err(condition));
        }
        let account = ctx.contracts.directory.account(tx, &person)?;
        let Some(account) = account else { return Ok(Err(Condition::ItemNotFound)) };
        if store::role(tx, &id, account)?.is_none() {
            return Ok(Err(Condition::ItemNotFound));
        }
        store::drop_out(tx, &id, account)?;
        Ok(Ok(()))
    });
    dropped.await??;
    settle(&request.ctx, &jid).await?;
    Ok(request.done())
}

/// Who asks for a change.
#[derive(Clone, Copy)]
struct Asker {
    account: AccountId,
    admin: bool,
}

impl Asker {
    async fn of(request: &Request) -> Result<Self, Refusal> {
        Ok(Self { account: request.session.account(), admin: is_admin(request).await? })
    }

    /// Whether they look after the circle. To strangers there is none.
    fn may_keep(
        self,
        tx: &mut Tx<'_>,
        id: &str,
    ) -> Result<Result<(), Condition>, skein_db::DbError> {
        if self.admin {
            let is_there = store::one(tx, id)?.is_some();
            return Ok(if is_there { Ok(()) } else { Err(Condition::ItemNotFound) });
        }
        Ok(match store::role(tx, id, self.account)? {
            Some(true) => Ok(()),
            Some(false) => Err(Condition::Forbidden),
            None => Err(Condition::ItemNotFound),
        })
    }
}

/// The slot of somebody whose circles changed, and whoever shows things by circles.
async fn settle(ctx: &Arc<Ctx>, jid: &Jid) -> Result<(), Refusal> {
    if let Some(user) = ctx.sessions.user(jid.bare_str()) {
        let account = user.account;
        let ids = ctx.db.read(move |tx| store::of(tx, account)).await?;
        user.set_slot(InCircles { ids });
    }
    ctx.route().notify(Event::Circles(jid.clone())).await;
    Ok(())
}

//! The tables.

use std::collections::HashSet;

use skein_base::{AccountId, Timestamp, limits};
use skein_db::{DbError, Migration, Sql, Tx};
use skein_kernel::contracts::{Privacy, Standing, Strangers, Viewers};
use skein_xmpp::Jid;

use crate::proto::Rule;
use crate::rules::{name, named};

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    feature: "privacy",
    number: 1,
    sql: include_str!("../migrations/0001_rules.sql"),
}];

static RULES: Sql =
    Sql::new("privacy.rules", "SELECT aspect, viewers FROM privacy_rule WHERE account = $1");
static CHOSEN: Sql = Sql::new(
    "privacy.chosen",
    "SELECT peer FROM privacy_chosen WHERE account = $1 AND aspect = $2 LIMIT 1000",
);
static PUT_RULE: Sql = Sql::new(
    "privacy.put_rule",
    "INSERT INTO privacy_rule (account, aspect, viewers) VALUES ($1, $2, $3)
     ON CONFLICT (account, aspect) DO UPDATE SET viewers = excluded.viewers",
);
static CLEAR_CHOSEN: Sql = Sql::new(
    "privacy.clear_chosen",
    "DELETE FROM privacy_chosen WHERE account = $1 AND aspect = $2",
);
static PUT_CHOSEN: Sql = Sql::new(
    "privacy.put_chosen",
    "INSERT INTO privacy_chosen (account, aspect, peer) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
);
static STRANGERS: Sql = Sql::new(
    "privacy.strangers",
    "SELECT peer, standing, messages, bytes FROM privacy_stranger WHERE account = $1
     ORDER BY since DESC LIMIT 12000",
);
static WAITING: Sql = Sql::new(
    "privacy.waiting",
    "SELECT peer, inviter, since FROM privacy_stranger WHERE account = $1 AND standing = 0
     ORDER BY since DESC, peer LIMIT 1000",
);
static ARRIVED: Sql = Sql::new(
    "privacy.arrived",
    "INSERT INTO privacy_stranger (account, peer, standing, inviter, since, messages, bytes)
     VALUES ($1, $2, 0, $3, $4, $5, $6)
     ON CONFLICT (account, peer) DO UPDATE SET messages = excluded.messages, bytes = excluded.bytes",
);
static DECIDE: Sql = Sql::new(
    "privacy.decide",
    "INSERT INTO privacy_stranger (account, peer, standing, inviter, since, messages, bytes)
     VALUES ($1, $2, $3, '', $4, 0, 0)
     ON CONFLICT (account, peer) DO UPDATE SET standing = excluded.standing, since = excluded.since",
);
static FORGET_RULES: Sql =
    Sql::new("privacy.forget_rules", "DELETE FROM privacy_rule WHERE account = $1");
static FORGET_CHOSEN: Sql =
    Sql::new("privacy.forget_chosen", "DELETE FROM privacy_chosen WHERE account = $1");
static FORGET_STRANGERS: Sql =
    Sql::new("privacy.forget_strangers", "DELETE FROM privacy_stranger WHERE account = $1");
static UNCHOOSE: Sql = Sql::new("privacy.unchoose", "DELETE FROM privacy_chosen WHERE peer = $1");
static UNKNOW: Sql = Sql::new("privacy.unknow", "DELETE FROM privacy_stranger WHERE peer = $1");

pub(crate) static STATEMENTS: &[&Sql] = &[
    &RULES,
    &CHOSEN,
    &PUT_RULE,
    &CLEAR_CHOSEN,
    &PUT_CHOSEN,
    &STRANGERS,
    &WAITING,
    &ARRIVED,
    &DECIDE,
    &FORGET_RULES,
    &FORGET_CHOSEN,
    &FORGET_STRANGERS,
    &UNCHOOSE,
    &UNKNOW,
];

const WAITS: i64 = 0;
const KNOWN: i64 = 1;
const DECLINED: i64 = 2;

/// The words for viewers.
pub(crate) const fn word(viewers: &Viewers) -> &'static str {
    match viewers {
        Viewers::Everybody => "everybody",
        Viewers::Contacts => "contacts",
        Viewers::Chosen(_) => "chosen",
        Viewers::Nobody => "nobody",
    }
}

/// The rules of an account.
pub(crate) fn rules(tx: &mut Tx<'_>, account: AccountId) -> Result<Privacy, DbError> {
    let mut rules = Privacy::default();
    for row in tx.query(&RULES, &[account.0.into()])? {
        let Some(aspect) = named(row.text(0)?) else { continue };
        let viewers = match row.text(1)? {
            "everybody" => Viewers::Everybody,
            "contacts" => Viewers::Contacts,
            "chosen" => Viewers::Chosen(chosen(tx, account, name(aspect))?),
            // Whatever is not known shows nothing.
            _ => Viewers::Nobody,
        };
        rules.set(aspect, viewers);
    }
    Ok(rules)
}

fn chosen(tx: &mut Tx<'_>, account: AccountId, aspect: &str) -> Result<HashSet<Jid>, DbError> {
    let rows = tx.query(&CHOSEN, &[account.0.into(), aspect.into()])?;
    let mut chosen = HashSet::with_capacity(rows.len());
    for row in rows {
        chosen.extend(Jid::parse(row.text(0)?).ok());
    }
    Ok(chosen)
}

/// Changes rules.
pub(crate) fn put_rules(
    tx: &mut Tx<'_>,
    account: AccountId,
    changed: &[Rule],
) -> Result<(), DbError> {
    for Rule { aspect, viewers } in changed {
        let aspect = name(*aspect);
        tx.run(&PUT_RULE, &[account.0.into(), aspect.into(), word(viewers).into()])?;
        tx.run(&CLEAR_CHOSEN, &[account.0.into(), aspect.into()])?;
        if let Viewers::Chosen(peers) = viewers {
            for peer in peers {
                tx.run(&PUT_CHOSEN, &[account.0.into(), aspect.into(), peer.as_str().into()])?;
            }
        }
    }
    Ok(())
}

/// How the account stands to those who are no contacts.
pub(crate) fn strangers(tx: &mut Tx<'_>, account: AccountId) -> Result<Strangers, DbError> {
    let made = skein_accounts::made(tx, account)?;
    let mut all = Vec::new();
    tx.each(&STRANGERS, &[account.0.into()], |row| {
        let standing = match row.int(1)? {
            WAITS => Standing::Waiting {
                messages: u32::try_from(row.int(2)?).unwrap_or(u32::MAX),
                bytes: u64::try_from(row.int(3)?).unwrap_or(u64::MAX),
            },
            KNOWN => Standing::Known,
            _ => Standing::Declined,
        };
        all.extend(Jid::parse(row.text(0)?).ok().map(|peer| (peer, standing)));
        Ok(())
    })?;
    Ok(Strangers::new(all.into_iter().collect(), made))
}

/// A request that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Waiting {
    pub(crate) peer: Jid,
    pub(crate) inviter: Option<Jid>,
    pub(crate) since: Timestamp,
}

/// The requests that wait, the newest first.
pub(crate) fn waiting(tx: &mut Tx<'_>, account: AccountId) -> Result<Vec<Waiting>, DbError> {
    let mut waiting = Vec::new();
    tx.each(&WAITING, &[account.0.into()], |row| {
        if let Ok(peer) = Jid::parse(row.text(0)?) {
            let inviter = Jid::parse(row.text(1)?).ok();
            waiting.push(Waiting { peer, inviter, since: Timestamp(row.int(2)?) });
        }
        Ok(())
    })?;
    Ok(waiting)
}

/// A message of somebody who waits.
pub(crate) fn arrived(
    tx: &mut Tx<'_>,
    account: AccountId,
    waiting: &Waiting,
    (messages, bytes): (u32, u64),
) -> Result<(), DbError> {
    tx.run(
        &ARRIVED,
        &[
            account.0.into(),
            waiting.peer.as_str().into(),
            waiting.inviter.as_ref().map_or("", Jid::as_str).into(),
            waiting.since.0.into(),
            i64::from(messages).into(),
            i64::try_from(bytes).unwrap_or(i64::MAX).into(),
        ],
    )
}

/// The owner decided.
pub(crate) fn decide(
    tx: &mut Tx<'_>,
    account: AccountId,
    peer: &Jid,
    is_known: bool,
    now: Timestamp,
) -> Result<(), DbError> {
    let standing = if is_known { KNOWN } else { DECLINED };
    tx.run(&DECIDE, &[account.0.into(), peer.bare_str().into(), standing.into(), now.0.into()])
}

/// The account is gone, and its address means nobody any more.
pub(crate) fn forget(tx: &mut Tx<'_>, account: AccountId, jid: &Jid) -> Result<(), DbError> {
    for statement in [&FORGET_RULES, &FORGET_CHOSEN, &FORGET_STRANGERS] {
        tx.run(statement, &[account.0.into()])?;
    }
    tx.run(&UNCHOOSE, &[jid.bare_str().into()])?;
    tx.run(&UNKNOW, &[jid.bare_str().into()])
}

const _: () = assert!(limits::REQUESTS == 1_000 && limits::PRIVACY_CHOSEN == 1_000);

#[cfg(test)]
mod tests;

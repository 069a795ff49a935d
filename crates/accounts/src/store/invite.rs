//! `account_invite`.

use skein_base::{AccountId, Fault, Timestamp};
use skein_db::{DbError, Row, Sql, Tx};
use skein_xmpp::Jid;

use crate::accounts::Role;
use crate::invites::{Invite, InviteKind};

pub(super) static INSERT: Sql = Sql::new(
    "account.insert_invite",
    "INSERT INTO account_invite (token, contact, inviter, subscribe, admin, jid, created, expires, uses)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
);
pub(super) static LOOK: Sql = Sql::new(
    "account.look_invite",
    "SELECT token, contact, inviter, subscribe, account_invite.admin, account_invite.jid,
            account_invite.created, expires, uses, account_account.jid
     FROM account_invite LEFT JOIN account_account ON account_account.id = inviter
         AND account_account.state = 0
     WHERE token = $1",
);
pub(super) static OPEN: Sql = Sql::new(
    "account.open_invites",
    "SELECT token, contact, inviter, subscribe, account_invite.admin, account_invite.jid,
            account_invite.created, expires, uses, account_account.jid
     FROM account_invite LEFT JOIN account_account ON account_account.id = inviter
         AND account_account.state = 0
     WHERE expires > $1 AND uses > 0 ORDER BY expires, token LIMIT 10000",
);
pub(super) static OPEN_OF: Sql = Sql::new(
    "account.open_invites_of",
    "SELECT COUNT(*) FROM account_invite WHERE inviter = $1 AND expires > $2 AND uses > 0",
);
pub(super) static TAKE: Sql = Sql::new(
    "account.take_invite",
    "UPDATE account_invite SET uses = uses - 1 WHERE token = $1 AND uses > 0",
);
pub(super) static RESERVED: Sql = Sql::new(
    "account.reserved",
    "SELECT COUNT(*) FROM account_invite WHERE jid = $1 AND token <> $2 AND expires > $3 AND uses > 0",
);
pub(super) static REVOKE: Sql =
    Sql::new("account.revoke_invite", "DELETE FROM account_invite WHERE token = $1");
pub(super) static VOID_FIRST: Sql = Sql::new(
    "account.void_first_invites",
    "DELETE FROM account_invite WHERE inviter IS NULL AND admin = 1",
);
pub(super) static FORGET_OF: Sql =
    Sql::new("account.forget_invites_of", "DELETE FROM account_invite WHERE inviter = $1");
pub(super) static EXPIRED: Sql =
    Sql::new("account.expired_invites", "DELETE FROM account_invite WHERE expires < $1");

fn read(row: &Row) -> Result<Invite, DbError> {
    let parse = |text: &str| {
        Jid::parse(text).map_err(|error| Fault::because("reading an invitation's address", error))
    };
    Ok(Invite {
        token: row.text(0)?.to_owned(),
        kind: if row.int(1)? != 0 { InviteKind::Contact } else { InviteKind::Account },
        inviter: row.opt_int(2)?.map(AccountId),
        inviter_jid: row.opt_text(9)?.map(parse).transpose()?,
        subscribe: row.int(3)? != 0,
        role: Role::of(row.int(4)? != 0),
        jid: parse(row.text(5)?)?,
        created: Timestamp(row.int(6)?),
        expires: Timestamp(row.int(7)?),
        uses: u32::try_from(row.int(8)?).unwrap_or(0),
    })
}

pub(crate) fn insert_invite(tx: &mut Tx<'_>, invite: &Invite) -> Result<(), DbError> {
    let is_contact = invite.kind == InviteKind::Contact;
    tx.run(
        &INSERT,
        &[
            invite.token.as_str().into(),
            is_contact.into(),
            invite.inviter.map(|by| by.0).into(),
            invite.subscribe.into(),
            (invite.role == Role::Admin).into(),
            invite.jid.as_str().into(),
            invite.created.into(),
            invite.expires.into(),
            invite.uses.into(),
        ],
    )
}

/// An invitation, open or not.
pub(crate) fn invite(tx: &mut Tx<'_>, token: &str) -> Result<Option<Invite>, DbError> {
    tx.query_one(&LOOK, &[token.into()])?.map(|row| read(&row)).transpose()
}

pub(crate) fn open_invites(tx: &mut Tx<'_>, now: Timestamp) -> Result<Vec<Invite>, DbError> {
    tx.query(&OPEN, &[now.into()])?.iter().map(read).collect()
}

pub(crate) fn count_open(
    tx: &mut Tx<'_>,
    inviter: AccountId,
    now: Timestamp,
) -> Result<usize, DbError> {
    let count =
        tx.query_one(&OPEN_OF, &[inviter.0.into(), now.into()])?.map_or(Ok(0), |row| row.int(0))?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

/// Takes one use; `false` if none is left.
pub(crate) fn take_invite(tx: &mut Tx<'_>, token: &str) -> Result<bool, DbError> {
    Ok(tx.exec(&TAKE, &[token.into()])? > 0)
}

/// Whether another invitation than `token` keeps that address for somebody.
pub(crate) fn is_reserved(
    tx: &mut Tx<'_>,
    jid: &str,
    token: &str,
    now: Timestamp,
) -> Result<bool, DbError> {
    let row = tx.query_one(&RESERVED, &[jid.into(), token.into(), now.into()])?;
    Ok(row.map_or(Ok(0), |row| row.int(0))? > 0)
}

/// Says whether there was one.
pub(crate) fn revoke_invite(tx: &mut Tx<'_>, token: &str) -> Result<bool, DbError> {
    Ok(tx.exec(&REVOKE, &[token.into()])? > 0)
}

/// What the operator invited to administrate is void.
pub(crate) fn void_first_invites(tx: &mut Tx<'_>) -> Result<(), DbError> {
    tx.run(&VOID_FIRST, &[])
}

pub(crate) fn forget_invites_of(tx: &mut Tx<'_>, inviter: AccountId) -> Result<(), DbError> {
    tx.run(&FORGET_OF, &[inviter.0.into()])
}

pub(crate) fn forget_expired_invites(tx: &mut Tx<'_>, before: Timestamp) -> Result<(), DbError> {
    tx.run(&EXPIRED, &[before.into()])
}

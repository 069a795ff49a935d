//! `account_device`.

use skein_base::{AccountId, Timestamp};
use skein_db::{DbError, Sql, Tx, Value};

use crate::devices::Device;

/// Changes nothing if the device was seen hardly earlier under the same names.
pub(super) static SEEN: Sql = Sql::new(
    "account.device_seen",
    "INSERT INTO account_device (account, client, software, device, first_seen, last_seen)
     VALUES ($1, $2, $3, $4, $5, $5)
     ON CONFLICT (account, client) DO UPDATE SET software = excluded.software, device = excluded.device,
         last_seen = excluded.last_seen
     WHERE account_device.last_seen < $6 OR account_device.software <> excluded.software
         OR account_device.device <> excluded.device",
);
/// Changes nothing if the device is known.
pub(super) static LISTED: Sql = Sql::new(
    "account.device_listed",
    "INSERT INTO account_device (account, client, software, device, first_seen, last_seen)
     VALUES ($1, $2, $3, $4, $5, $5) ON CONFLICT (account, client) DO NOTHING",
);
pub(super) static LIST: Sql = Sql::new(
    "account.devices",
    "SELECT client, software, device, first_seen, last_seen FROM account_device
     WHERE account = $1 ORDER BY last_seen DESC LIMIT 1000",
);
pub(super) static REVOKE: Sql = Sql::new(
    "account.revoke_device",
    "DELETE FROM account_device WHERE account = $1 AND client = $2",
);
pub(super) static FORGET: Sql =
    Sql::new("account.forget_devices", "DELETE FROM account_device WHERE account = $1");
/// Who still has a token stays.
pub(super) static STALE: Sql = Sql::new(
    "account.stale_devices",
    "DELETE FROM account_device WHERE last_seen < $1 AND NOT EXISTS
         (SELECT 1 FROM account_token WHERE account_token.account = account_device.account
          AND account_token.client = account_device.client)",
);

pub(crate) fn device_seen(
    tx: &mut Tx<'_>,
    account: AccountId,
    device: &Device,
    unless_since: Timestamp,
) -> Result<(), DbError> {
    let [account, client, software, name, seen] = columns(account, device);
    tx.run(&SEEN, &[account, client, software, name, seen, unless_since.into()])
}

/// The device stands in the list, whenever its login is noted.
pub(crate) fn device_listed(
    tx: &mut Tx<'_>,
    account: AccountId,
    device: &Device,
) -> Result<(), DbError> {
    tx.run(&LISTED, &columns(account, device))
}

fn columns(account: AccountId, device: &Device) -> [Value; 5] {
    [
        account.0.into(),
        device.client.as_str().into(),
        device.software.as_str().into(),
        device.device.as_str().into(),
        device.last_seen.into(),
    ]
}

pub(crate) fn devices(tx: &mut Tx<'_>, account: AccountId) -> Result<Vec<Device>, DbError> {
    let mut devices = Vec::new();
    tx.each(&LIST, &[account.0.into()], |row| {
        devices.push(Device {
            client: row.text(0)?.to_owned(),
            software: row.text(1)?.to_owned(),
            device: row.text(2)?.to_owned(),
            first_seen: Timestamp(row.int(3)?),
            last_seen: Timestamp(row.int(4)?),
        });
        Ok(())
    })?;
    Ok(devices)
}

/// Says whether the device was known.
pub(crate) fn revoke_device(
    tx: &mut Tx<'_>,
    account: AccountId,
    client: &str,
) -> Result<bool, DbError> {
    Ok(tx.exec(&REVOKE, &[account.0.into(), client.into()])? > 0)
}

pub(crate) fn forget_devices(tx: &mut Tx<'_>, account: AccountId) -> Result<(), DbError> {
    tx.run(&FORGET, &[account.0.into()])
}

pub(crate) fn forget_stale_devices(tx: &mut Tx<'_>, before: Timestamp) -> Result<(), DbError> {
    tx.run(&STALE, &[before.into()])
}

//! One change of an account at a time.

use skein_base::AccountId;

/// Locks among which the accounts are spread: enough that two changes seldom wait.
const TURNS: usize = 16;

/// Who changes something of an account and then puts it into force holds its turn meanwhile,
/// so that what is in force follows what is stored.
#[derive(Default)]
pub struct Turns([tokio::sync::Mutex<()>; TURNS]);

impl Turns {
    /// Waits for the turn of an account; it lasts as long as the guard.
    pub async fn of(&self, account: AccountId) -> tokio::sync::MutexGuard<'_, ()> {
        self.0[account.0.unsigned_abs() as usize % TURNS].lock().await
    }
}

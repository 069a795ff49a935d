//! Who has an account, and what proves it: credentials, login tokens, devices,
//! invitations, and the brakes on guessing.
//!
//! Floor 1. Implements what RFC 5802 wants stored, the server's side of XEP-0484's
//! tokens, and the invitations of XEP-0401 and XEP-0445. Features and the stream
//! driver see [`Accounts`]; other features learn of accounts through the contract
//! [`Directory`](skein_kernel::contracts::Directory).
//!
//! Invariants:
//! * a password is never stored, only the keys of SCRAM for each hash;
//! * a name that does not exist costs the same work and gets the same shape of
//!   answer as one that does (trust N10);
//! * a change of password, a suspension and a removal take all tokens and all
//!   resumable sessions with them, in one transaction (N15); ending the sessions
//!   that are connected is the caller's part;
//! * a passkey lets in once for each challenge, and only from pages of ours;
//! * ids are never used again, and the name of a removed account rests.

mod accounts;
mod devices;
mod directory;
mod ending;
mod hashing;
mod invites;
mod lifecycle;
mod links;
mod login;
mod passkeys;
mod password;
mod requests;
mod store;
#[cfg(test)]
mod tests;
mod throttle;
mod tokens;

pub use accounts::{Account, Accounts, Role, State};
pub use devices::Device;
pub use ending::{erase, remove, set_password, suspend};
pub use invites::{Invite, InviteError, InviteKind, NewInvite};
pub use lifecycle::{ChangeError, CreateError, Created, NewAccount, Passkeys};
pub use login::Found;
pub use passkeys::{AddError, IssuedChallenge, NewPasskey, OwnerProof, Passkey, Shown, SignedIn};
pub use password::{Password, WeakPassword};
pub use requests::AccountRequest;
pub use store::{MIGRATIONS, STATEMENTS, made};
pub use throttle::{Attempt, Proof, Throttle, Throttled};
pub use tokens::{FastToken, IssuedToken, Used};

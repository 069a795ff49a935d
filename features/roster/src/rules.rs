//! Decisions: what a roster entry looks like and whether it may be stored.

use skein_kernel::contracts::Subscription;
use skein_xmpp::{Condition, StanzaError};

/// Groups of one contact.
pub(crate) const GROUPS: usize = 32;
/// Deletions remembered for an account; beyond it clients with old versions get
/// the whole list again.
pub(crate) const DELETIONS: i64 = 1000;

const TO: i64 = 1;
const FROM: i64 = 2;
const ASK: i64 = 4;
const PENDING_IN: i64 = 8;
const PRE_APPROVED: i64 = 16;

/// The stored form of a subscription.
pub(crate) fn to_bits(state: Subscription) -> i64 {
    let bit = |set: bool, bit: i64| if set { bit } else { 0 };
    bit(state.to, TO)
        | bit(state.from, FROM)
        | bit(state.ask, ASK)
        | bit(state.pending_in, PENDING_IN)
        | bit(state.pre_approved, PRE_APPROVED)
}

/// The subscription of a stored form.
pub(crate) const fn from_bits(bits: i64) -> Subscription {
    Subscription {
        to: bits & TO != 0,
        from: bits & FROM != 0,
        ask: bits & ASK != 0,
        pending_in: bits & PENDING_IN != 0,
        pre_approved: bits & PRE_APPROVED != 0,
    }
}

/// The `subscription` attribute (RFC 6121 section 2.1.2.5).
pub(crate) const fn subscription_name(state: Subscription) -> &'static str {
    match (state.to, state.from) {
        (true, true) => "both",
        (true, false) => "to",
        (false, true) => "from",
        (false, false) => "none",
    }
}

/// Whether an entry shows in the client's list. One that was never added and merely
/// asks for the owner's presence does not (section 3.1.3).
pub(crate) const fn is_listed(listed: bool, state: Subscription) -> bool {
    listed || state.to || state.from || state.ask || state.pre_approved
}

/// Whether name and groups of a roster set may be stored; each may have so many bytes.
///
/// # Errors
/// The conditions of section 2.3.3.
pub(crate) fn check(name: &str, groups: &[String], bytes: usize) -> Result<(), StanzaError> {
    if name.len() > bytes {
        return Err(StanzaError::new(Condition::NotAcceptable).text("the name is too long"));
    }
    if groups.len() > GROUPS || groups.iter().any(|group| group.len() > bytes) {
        return Err(StanzaError::new(Condition::NotAcceptable).text("too many or too long groups"));
    }
    if groups.iter().any(String::is_empty) {
        return Err(StanzaError::new(Condition::NotAcceptable).text("a group has no name"));
    }
    let mut sorted: Vec<_> = groups.iter().collect();
    sorted.sort_unstable();
    if sorted.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(StanzaError::new(Condition::BadRequest).text("a group is named twice"));
    }
    Ok(())
}

/// Whether an account with `items` contacts, of `most` that it may have, may have one more.
///
/// # Errors
/// `resource-constraint`.
pub(crate) fn check_room(items: i64, most: usize) -> Result<(), StanzaError> {
    if usize::try_from(items).is_ok_and(|items| items < most) {
        return Ok(());
    }
    Err(StanzaError::new(Condition::ResourceConstraint).text("the contact list is full"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subscriptions_survive_storage() {
        for bits in 0..32 {
            assert_eq!(to_bits(from_bits(bits)), bits);
        }
    }

    #[test]
    fn s10_oversized_and_doubled_groups_are_refused() {
        let refused = |name: &str, groups: &[&str]| {
            let groups: Vec<_> = groups.iter().map(|g| (*g).to_owned()).collect();
            check(name, &groups, 1024).err().map(|error| error.condition)
        };
        assert_eq!(refused(&"n".repeat(1_048_576), &[]), Some(Condition::NotAcceptable));
        assert_eq!(refused("", &["a", "b", "a"]), Some(Condition::BadRequest));
        assert_eq!(refused("", &[""]), Some(Condition::NotAcceptable));
        assert_eq!(refused("Nurse", &["Servants"]), None);
    }
}

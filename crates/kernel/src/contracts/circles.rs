//! In which circles somebody is: families, companies, schools. The feature that keeps them fills
//! the slot; what is only for a circle looks at it.

use skein_session::User;

/// The ids of an account's circles, in order. Each loaded user has a slot of this type.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InCircles {
    /// See above.
    pub ids: Box<[Box<str>]>,
}

/// Whether `user` is in one of `circles`.
pub fn is_in_one(user: &User, circles: &[String]) -> bool {
    if circles.is_empty() {
        return false;
    }
    let own = user.slot::<InCircles>();
    own.is_some_and(|own| circles.iter().any(|id| own.ids.iter().any(|own| **own == **id)))
}

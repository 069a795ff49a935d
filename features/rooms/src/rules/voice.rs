//! What an occupant may say (XEP-0045 sections 7.4, 7.5 and 8.1).

use skein_xmpp::{Condition, StanzaError};

use crate::rules::config::{Config, Private};
use crate::rules::rights::{self, Action, Rank};
use crate::rules::role::{Role, Standing};

/// What a message to all is, as far as rights look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Speech {
    /// It says something: more than that something was read or liked.
    pub(crate) is_post: bool,
    /// It starts a call.
    pub(crate) is_call: bool,
}

/// Whether somebody may say that to all.
pub(crate) fn may_speak(
    config: &Config,
    speaker: Standing,
    speech: Speech,
) -> Result<(), StanzaError> {
    if speaker.role < Role::Participant {
        return Err(Condition::Forbidden.into());
    }
    if speech.is_post {
        may(config, speaker, Action::Post)?;
    }
    if speech.is_call {
        may(config, speaker, Action::Call)?;
    }
    Ok(())
}

/// Whether somebody may do it: they have the right, and, where it is more than to add people,
/// nobody took their voice. Who is not inside has the voice that they would have.
pub(crate) fn may(config: &Config, who: Standing, action: Action) -> Result<(), StanzaError> {
    if who.role == Role::Visitor && action != Action::Add {
        return Err(Condition::Forbidden.into());
    }
    config.rights.allow(action, who.affiliation)
}

/// All that somebody may do.
pub(crate) fn all_that(config: &Config, who: Standing) -> Vec<&'static str> {
    let actions = Action::ALL.into_iter();
    actions.filter(|action| may(config, who, *action).is_ok()).map(Action::name).collect()
}

/// Whether somebody may change the subject. Moderators may where admins may (section 8.1).
pub(crate) fn may_set_subject(config: &Config, speaker: Standing) -> Result<(), StanzaError> {
    let is_moderator = speaker.role == Role::Moderator;
    if is_moderator && config.rights.of(Action::Edit) <= Rank::Admins {
        return Ok(());
    }
    may(config, speaker, Action::Edit)
}

/// Whether somebody may write to one occupant alone. Everybody may write to a moderator.
pub(crate) fn may_whisper(
    config: &Config,
    speaker: Standing,
    listener: Standing,
) -> Result<(), Condition> {
    let allowed = match config.private {
        Private::Anyone => true,
        Private::Participants => speaker.role >= Role::Participant,
        Private::Moderators => speaker.role >= Role::Moderator || listener.role == Role::Moderator,
        Private::None => false,
    };
    if allowed { Ok(()) } else { Err(Condition::Forbidden) }
}

/// Whether somebody may invite others (section 7.8.2).
pub(crate) fn may_invite(config: &Config, inviter: Standing) -> Result<(), StanzaError> {
    if inviter.role == Role::None && !Rank::Members.includes(inviter.affiliation) {
        return Err(rights::missing());
    }
    may(config, inviter, Action::Add)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::affiliation::Affiliation;

    const SAID: Speech = Speech { is_post: true, is_call: false };

    fn who(role: Role, affiliation: Affiliation) -> Standing {
        Standing { role, affiliation }
    }

    #[test]
    fn visitors_listen() {
        let config = Config::default();
        for (role, allowed) in [(Role::Visitor, false), (Role::Participant, true)] {
            assert_eq!(may_speak(&config, who(role, Affiliation::None), SAID).is_ok(), allowed);
        }
    }

    #[test]
    fn who_has_no_voice_adds_people_alone() {
        let mut config = Config::default();
        Action::ALL.into_iter().for_each(|action| config.rights.set(action, Rank::Everyone));
        for affiliation in [Affiliation::None, Affiliation::Member] {
            assert_eq!(all_that(&config, who(Role::Visitor, affiliation)), ["add"]);
            for role in [Role::None, Role::Participant, Role::Moderator] {
                assert_eq!(all_that(&config, who(role, affiliation)).len(), 5, "{role:?}");
            }
        }
        config.rights.set(Action::Add, Rank::Members);
        assert_eq!(all_that(&config, who(Role::Visitor, Affiliation::None)), [""; 0]);
    }

    #[test]
    fn in_a_group_for_announcements_the_others_read_and_like() {
        let mut config = Config::default();
        config.rights.set(Action::Post, Rank::Admins);
        config.rights.set(Action::Call, Rank::Members);
        let member = who(Role::Participant, Affiliation::Member);
        let liked = Speech { is_post: false, is_call: false };
        let call = Speech { is_post: false, is_call: true };
        for (speaker, speech, allowed) in [
            (member, SAID, false),
            (member, liked, true),
            (member, call, true),
            (who(Role::Participant, Affiliation::None), call, false),
            (who(Role::Moderator, Affiliation::Admin), SAID, true),
        ] {
            assert_eq!(may_speak(&config, speaker, speech).is_ok(), allowed, "{speaker:?}");
        }
    }

    #[test]
    fn the_subject_is_for_who_may_edit_and_for_moderators() {
        let mut config = Config::default();
        let member = who(Role::Participant, Affiliation::Member);
        let moderator = who(Role::Moderator, Affiliation::None);
        assert!(may_set_subject(&config, moderator).is_ok());
        assert!(may_set_subject(&config, member).is_err());
        config.rights.set(Action::Edit, Rank::Members);
        assert!(may_set_subject(&config, member).is_ok());
        assert!(may_set_subject(&config, who(Role::Visitor, Affiliation::Member)).is_err());
        config.rights.set(Action::Edit, Rank::Owners);
        assert!(may_set_subject(&config, moderator).is_err());
        assert!(may_set_subject(&config, who(Role::Moderator, Affiliation::Owner)).is_ok());
    }

    #[test]
    fn private_messages_follow_the_setting() {
        let who = |role| Standing { role, affiliation: Affiliation::None };
        let (visitor, speaker) = (who(Role::Visitor), who(Role::Participant));
        let moderator = who(Role::Moderator);
        for (private, from, to, allowed) in [
            (Private::Anyone, visitor, speaker, true),
            (Private::Participants, visitor, speaker, false),
            (Private::Participants, speaker, visitor, true),
            (Private::Moderators, speaker, speaker, false),
            (Private::Moderators, speaker, moderator, true),
            (Private::None, moderator, moderator, false),
        ] {
            let config = Config { private, ..Config::default() };
            assert_eq!(may_whisper(&config, from, to).is_ok(), allowed, "{private:?}");
        }
    }
}

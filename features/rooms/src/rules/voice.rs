//! What an occupant may say (XEP-0045 sections 7.4, 7.5 and 8.1).

use skein_xmpp::Condition;

use crate::rules::affiliation::Affiliation;
use crate::rules::config::{Config, Private};
use crate::rules::role::{Role, Standing};

/// Whether somebody may speak to all.
pub(crate) fn may_speak(speaker: Standing) -> Result<(), Condition> {
    if speaker.role < Role::Participant { Err(Condition::Forbidden) } else { Ok(()) }
}

/// Whether somebody may change the subject.
pub(crate) fn may_set_subject(config: &Config, speaker: Standing) -> Result<(), Condition> {
    let least = if config.change_subject { Role::Participant } else { Role::Moderator };
    if speaker.role < least { Err(Condition::Forbidden) } else { Ok(()) }
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
pub(crate) fn may_invite(config: &Config, inviter: Standing) -> Result<(), Condition> {
    let is_admin = inviter.affiliation >= Affiliation::Admin;
    if is_admin || config.allow_invites { Ok(()) } else { Err(Condition::Forbidden) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn visitors_listen() {
        let who = |role| Standing { role, affiliation: Affiliation::None };
        assert_eq!(may_speak(who(Role::Visitor)), Err(Condition::Forbidden));
        assert_eq!(may_speak(who(Role::Participant)), Ok(()));
        let mut config = Config::default();
        assert!(may_set_subject(&config, who(Role::Moderator)).is_ok());
        config.change_subject = false;
        assert_eq!(may_set_subject(&config, who(Role::Participant)), Err(Condition::Forbidden));
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

//! What a block means for a stanza, as pure functions.

use skein_kernel::contracts::blocks;
use skein_kernel::{Ctx, Receiving, Sending, Verdict};
use skein_xmpp::{Condition, ErrorType, IqType, Jid, Kind, MessageType, Stanza, StanzaError, ns};

/// Nothing goes to whom the sender blocks (XEP-0191 section 3.2).
pub(crate) fn guard(sending: &Sending<'_>, stanza: &Stanza) -> Verdict {
    let is_blocked = |to: &Jid| blocks(&sending.session.user, to) && !is_server(sending.ctx, to);
    match &stanza.to {
        Some(to) if is_blocked(to) => Verdict::Reject(
            StanzaError::new(Condition::NotAcceptable)
                .class(ErrorType::Cancel)
                .specific("blocked", ns::BLOCKING_ERRORS),
        ),
        _ => Verdict::Pass,
    }
}

/// Nothing comes from whom the recipient blocks, nor an invitation of theirs that a room
/// passes on.
pub(crate) fn admit(receiving: &Receiving<'_>, stanza: &Stanza) -> Verdict {
    let is_blocked = |from: &Jid| blocks(receiving.user, from);
    let from = stanza.from.as_ref().filter(|from| !is_server(receiving.ctx, from));
    if from.is_some_and(is_blocked) || inviter(stanza).as_ref().is_some_and(is_blocked) {
        return unwanted(stanza.kind);
    }
    Verdict::Pass
}

/// The answer of an account that does not exist (RFC 6121 section 8.5.1).
pub(crate) fn unwanted(kind: Kind) -> Verdict {
    match kind {
        Kind::Message(MessageType::Error | MessageType::Headline)
        | Kind::Presence(_)
        | Kind::Iq(IqType::Result | IqType::Error) => Verdict::Drop("the sender is blocked"),
        Kind::Message(_) | Kind::Iq(IqType::Get | IqType::Set) => {
            Verdict::Reject(Condition::ServiceUnavailable.into())
        }
    }
}

/// Who invites to a room, by the room (XEP-0045 section 7.8.2).
fn inviter(stanza: &Stanza) -> Option<Jid> {
    let invite = stanza.child("x", ns::MUC_USER)?.child("invite", ns::MUC_USER)?;
    Jid::parse(&invite.attr("from")?).ok()
}

/// The server itself can be neither blocked nor left unanswered: an account that blocks its
/// whole domain must still be able to say so.
fn is_server(ctx: &Ctx, jid: &Jid) -> bool {
    jid.local().is_none() && jid.is_bare() && ctx.serves(jid.domain())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_blocked_gets_the_answer_of_a_missing_account_or_silence() {
        let refused = Verdict::Reject(Condition::ServiceUnavailable.into());
        for kind in [MessageType::Chat, MessageType::Normal, MessageType::Groupchat] {
            assert_eq!(unwanted(Kind::Message(kind)), refused);
        }
        for kind in [IqType::Get, IqType::Set] {
            assert_eq!(unwanted(Kind::Iq(kind)), refused);
        }
        for kind in [
            Kind::Message(MessageType::Error),
            Kind::Message(MessageType::Headline),
            Kind::Iq(IqType::Result),
            Kind::Iq(IqType::Error),
            Kind::Presence(skein_xmpp::PresenceType::Subscribe),
        ] {
            assert!(matches!(unwanted(kind), Verdict::Drop(_)), "{kind:?}");
        }
    }

    #[test]
    fn the_inviter_is_whom_the_room_names() {
        let message = Stanza::new(Kind::Message(MessageType::Normal)).with_content(|writer| {
            writer.start("x", ns::MUC_USER);
            writer.start("invite", ns::MUC_USER);
            writer.attr("from", "crone1@shakespeare.lit/desktop");
            writer.end();
            writer.end();
        });
        assert_eq!(inviter(&message), Jid::parse("crone1@shakespeare.lit/desktop").ok());
    }
}

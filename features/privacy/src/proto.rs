//! `<privacy/>` and `<requests/>` (docs/privacy.md).

use std::collections::HashSet;

use skein_base::{Timestamp, limits};
use skein_kernel::contracts::{Aspect, Privacy, Viewers};
use skein_xml::{Element, Writer};
use skein_xmpp::{Condition, Jid, StanzaError, ns};

use crate::rules::{name, named};
use crate::store::word;

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) aspect: Aspect,
    pub(crate) viewers: Viewers,
}

/// The rules in `<privacy/>`, each at most once.
///
/// # Errors
/// `bad-request`, `jid-malformed`, `resource-constraint`: see docs/privacy.md.
pub(crate) fn read_rules(privacy: Element<'_>) -> Result<Vec<Rule>, StanzaError> {
    let mut rules: Vec<Rule> = Vec::new();
    for child in privacy.children() {
        if !child.is("rule", ns::PRIVACY_RULES) {
            return Err(Condition::BadRequest.into());
        }
        let rule = read_rule(child)?;
        if rules.iter().any(|other| other.aspect == rule.aspect) {
            return Err(StanzaError::new(Condition::BadRequest).text("a rule stands there twice"));
        }
        rules.push(rule);
    }
    if rules.is_empty() { Err(Condition::BadRequest.into()) } else { Ok(rules) }
}

fn read_rule(rule: Element<'_>) -> Result<Rule, StanzaError> {
    let unknown = |what: &str| StanzaError::new(Condition::BadRequest).text(what);
    let aspect = rule.attr("of").and_then(|of| named(&of));
    let aspect = aspect.ok_or_else(|| unknown("there is no such rule"))?;
    let mut jids = rule.children().filter(|child| child.is("jid", ns::PRIVACY_RULES)).peekable();
    let viewers = match rule.attr("for").as_deref() {
        Some("everybody") => Viewers::Everybody,
        Some("contacts") => Viewers::Contacts,
        Some("nobody") => Viewers::Nobody,
        Some("chosen") => {
            let mut chosen = HashSet::new();
            for jid in jids.by_ref() {
                let jid = Jid::parse(jid.text().trim()).map_err(|_| Condition::JidMalformed)?;
                chosen.insert(jid.bare());
                if chosen.len() > limits::PRIVACY_CHOSEN {
                    return Err(StanzaError::new(Condition::ResourceConstraint)
                        .text("too many people for one rule"));
                }
            }
            Viewers::Chosen(chosen)
        }
        _ => return Err(unknown("a rule is for everybody, contacts, chosen or nobody")),
    };
    if jids.peek().is_some() {
        return Err(unknown("only a rule for chosen people names some"));
    }
    Ok(Rule { aspect, viewers })
}

/// `<privacy/>` with those rules that `is_told` picks.
pub(crate) fn write_rules(writer: &mut Writer, rules: &Privacy, is_told: impl Fn(Aspect) -> bool) {
    writer.start("privacy", ns::PRIVACY_RULES);
    for aspect in Aspect::ALL.into_iter().filter(|aspect| is_told(*aspect)) {
        writer.start("rule", ns::PRIVACY_RULES);
        writer.attr("of", name(aspect));
        writer.attr("for", word(rules.of(aspect)));
        if let Viewers::Chosen(chosen) = rules.of(aspect) {
            let mut chosen: Vec<&str> = chosen.iter().map(Jid::as_str).collect();
            chosen.sort_unstable();
            for jid in chosen {
                writer.leaf("jid", ns::PRIVACY_RULES, jid);
            }
        }
        writer.end();
    }
    writer.end();
}

/// What a request asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Asked {
    /// A conversation.
    Message,
    /// To enter a room; who invites.
    Invitation(Jid),
    /// To see the owner's presence.
    Subscription,
}

/// One entry of `<requests/>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) jid: Jid,
    pub(crate) asked: Asked,
    /// Since when, and how many messages; a subscription has neither.
    pub(crate) messages: Option<(Timestamp, u32)>,
}

impl Entry {
    pub(crate) fn write(&self, writer: &mut Writer) {
        writer.start("request", ns::PRIVACY_RULES);
        writer.attr("jid", self.jid.as_str());
        let kind = match &self.asked {
            Asked::Message => "message",
            Asked::Invitation(_) => "invitation",
            Asked::Subscription => "subscription",
        };
        writer.attr("kind", kind);
        if let Asked::Invitation(by) = &self.asked {
            writer.attr("by", by.as_str());
        }
        if let Some((since, messages)) = self.messages {
            writer.attr("since", &since.to_string());
            writer.attr("messages", &messages.to_string());
        }
        writer.end();
    }
}

/// `<decided/>`.
pub(crate) fn write_decided(writer: &mut Writer, jid: &Jid, is_known: bool) {
    writer.start("decided", ns::PRIVACY_RULES);
    writer.attr("jid", jid.bare_str());
    writer.attr("as", if is_known { "accepted" } else { "declined" });
    writer.end();
}

#[cfg(test)]
mod tests {
    use super::*;
    use skein_xml::{Document, Limits};

    fn parse(inner: &str) -> Result<Vec<Rule>, Condition> {
        let xml = format!("<privacy xmlns='urn:skein:privacy:0'>{inner}</privacy>");
        let document = Document::parse(&xml, &Limits::after_login()).expect("well-formed");
        read_rules(document.root()).map_err(|error| error.condition)
    }

    #[test]
    fn rules_are_written_as_they_were_read() {
        let inner = "<rule of='picture' for='chosen'><jid>a@b</jid><jid>c@d</jid></rule>\
            <rule of='groups' for='nobody'/>";
        let mut privacy = Privacy::default();
        for Rule { aspect, viewers } in parse(inner).expect("valid") {
            privacy.set(aspect, viewers);
        }
        let mut writer = Writer::new();
        write_rules(&mut writer, &privacy, |aspect| {
            matches!(aspect, Aspect::Picture | Aspect::Groups)
        });
        assert_eq!(
            writer.finish_text(),
            format!("<privacy xmlns='urn:skein:privacy:0'>{inner}</privacy>")
        );
    }

    #[test]
    fn rules_that_make_no_sense_are_refused() {
        let many: String =
            (0..=limits::PRIVACY_CHOSEN).map(|n| format!("<jid>a{n}@b</jid>")).collect();
        for (inner, expected) in [
            ("", Condition::BadRequest),
            ("<rule of='shoes' for='nobody'/>", Condition::BadRequest),
            ("<rule for='nobody'/>", Condition::BadRequest),
            ("<rule of='picture'/>", Condition::BadRequest),
            ("<rule of='picture' for='friends'/>", Condition::BadRequest),
            ("<rule of='picture' for='nobody'><jid>a@b</jid></rule>", Condition::BadRequest),
            (
                "<rule of='picture' for='nobody'/><rule of='picture' for='contacts'/>",
                Condition::BadRequest,
            ),
            ("<other xmlns='urn:x'/>", Condition::BadRequest),
            ("<rule of='picture' for='chosen'><jid>@</jid></rule>", Condition::JidMalformed),
            (
                &format!("<rule of='picture' for='chosen'>{many}</rule>"),
                Condition::ResourceConstraint,
            ),
        ] {
            assert_eq!(parse(inner), Err(expected), "{inner:.80}");
        }
    }
}

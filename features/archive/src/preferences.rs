//! What an owner wants archived (XEP-0441).

use skein_db::Tx;
use skein_kernel::{Addressee, Feature, Refusal, Request};
use skein_xml::{Element, Writer};
use skein_xmpp::{Condition, IqType, Jid, Stanza, StanzaError, ns};

use crate::query::forbid;
use crate::rules::{Normally, Preferences};
use crate::store;

/// Addresses in one list. Every message of the owner is compared with them, and nobody
/// names so many by hand.
const EXCEPTIONS: usize = 500;

/// Adds what clients may ask.
pub(crate) fn register(feature: Feature) -> Feature {
    let prefs = (ns::MAM_PREFS, "prefs");
    feature
        .iq(prefs, IqType::Get, Addressee::Own, |request| Box::pin(get(request)))
        .iq(prefs, IqType::Set, Addressee::Own, |request| Box::pin(set(request)))
        .iq(prefs, IqType::Get, Addressee::Other, |request| Box::pin(forbid(request)))
        .iq(prefs, IqType::Set, Addressee::Other, |request| Box::pin(forbid(request)))
}

async fn get(request: Request) -> Result<Stanza, Refusal> {
    let preferences = request.session.user.slot::<Preferences>().unwrap_or_default();
    Ok(request.result(|writer| write(writer, &preferences)))
}

async fn set(request: Request) -> Result<Stanza, Refusal> {
    let preferences = read(request.payload()?)?;
    let (account, wanted) = (request.session.account(), preferences.clone());
    let (owner, kept) = (request.session.user.clone(), preferences.clone());
    let store = move |tx: &mut Tx<'_>| store::put_preferences(tx, account, &wanted);
    request.ctx.db.write_then(store, move |()| owner.set_slot(kept)).await?;
    Ok(request.result(|writer| write(writer, &preferences)))
}

/// Reads `<prefs/>`; a list that is missing is empty (section 2.1.2).
fn read(prefs: Element<'_>) -> Result<Preferences, StanzaError> {
    let normally =
        prefs.attr("default").and_then(|name| Normally::named(&name)).ok_or_else(|| {
            StanzaError::new(Condition::BadRequest).text("default must be always, never or roster")
        })?;
    Ok(Preferences { normally, always: list(prefs, "always")?, never: list(prefs, "never")? })
}

fn list(prefs: Element<'_>, name: &str) -> Result<Vec<Jid>, StanzaError> {
    let Some(list) = prefs.child(name, ns::MAM_PREFS) else { return Ok(Vec::new()) };
    let mut addresses = Vec::new();
    for jid in list.children().filter(|child| child.is("jid", ns::MAM_PREFS)) {
        let address = Jid::parse(jid.text().trim()).map_err(|_| Condition::JidMalformed)?;
        if addresses.contains(&address) {
            continue;
        }
        if addresses.len() == EXCEPTIONS {
            return Err(
                StanzaError::new(Condition::NotAcceptable).text("at most 500 addresses in a list")
            );
        }
        addresses.push(address);
    }
    Ok(addresses)
}

fn write(writer: &mut Writer, preferences: &Preferences) {
    writer.start("prefs", ns::MAM_PREFS);
    writer.attr("default", preferences.normally.name());
    for (name, list) in [("always", &preferences.always), ("never", &preferences.never)] {
        writer.start(name, ns::MAM_PREFS);
        for jid in list {
            writer.leaf("jid", ns::MAM_PREFS, jid.as_str());
        }
        writer.end();
    }
    writer.end();
}

#[cfg(test)]
mod tests {
    use super::*;
    use skein_xml::{Document, Limits};

    fn parse(xml: &str) -> Result<Preferences, Condition> {
        let document = Document::parse(xml, &Limits::after_login()).expect("well-formed");
        read(document.root()).map_err(|error| error.condition)
    }

    #[test]
    fn preferences_are_written_as_they_were_read() {
        let xml = "<prefs xmlns='urn:xmpp:mam:2' default='roster'><always><jid>romeo@montague.lit</jid></always>\
            <never><jid>montague@montague.lit</jid></never></prefs>";
        let mut writer = Writer::new();
        write(&mut writer, &parse(xml).expect("valid"));
        assert_eq!(writer.finish_text(), xml);
    }

    #[test]
    fn m02_preferences_that_make_no_sense_are_refused() {
        let many: String = (0..=EXCEPTIONS).map(|n| format!("<jid>a{n}@b</jid>")).collect();
        for (inner, expected) in [
            ("default='sometimes'/>", Condition::BadRequest),
            ("/>", Condition::BadRequest),
            ("default='never'><always><jid>@</jid></always></prefs>", Condition::JidMalformed),
            (&format!("default='never'><never>{many}</never></prefs>"), Condition::NotAcceptable),
        ] {
            assert_eq!(
                parse(&format!("<prefs xmlns='urn:xmpp:mam:2' {inner}")),
                Err(expected),
                "{inner}"
            );
        }
    }

    #[test]
    fn an_address_named_twice_counts_once() {
        let twice = "<jid>a@b</jid><jid>A@B</jid>".repeat(EXCEPTIONS);
        let read = parse(&format!(
            "<prefs xmlns='urn:xmpp:mam:2' default='always'><never>{twice}</never></prefs>"
        ));
        assert_eq!(read.map(|read| read.never.len()), Ok(1));
    }
}

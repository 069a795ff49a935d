//! Delayed delivery (XEP-0203) and forwarding (XEP-0297).

use skein_base::Timestamp;
use skein_xml::Writer;

use crate::{Jid, Stanza, ns};

/// Writes `<delay/>`: when the stanza was first received, and by whom.
pub fn write_delay(writer: &mut Writer, by: &Jid, at: Timestamp) {
    writer.start("delay", ns::DELAY);
    writer.attr("from", by.as_str());
    writer.attr("stamp", &at.to_string());
    writer.end();
}

/// Writes `<forwarded/>` around a stanza, with the time at which we had it if given.
pub fn write_forwarded(writer: &mut Writer, stanza: &Stanza, at: Option<Timestamp>) {
    writer.start("forwarded", ns::FORWARD);
    if let Some(at) = at {
        writer.start("delay", ns::DELAY);
        writer.attr("stamp", &at.to_string());
        writer.end();
    }
    stanza.write(writer);
    writer.end();
}

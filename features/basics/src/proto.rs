//! The answers' payloads.

use std::time::Duration;

use skein_base::Timestamp;
use skein_xml::Writer;
use skein_xmpp::ns;

/// XEP-0092. The operating system is nobody's business (section 4).
pub(crate) fn write_version(writer: &mut Writer) {
    writer.start("query", ns::VERSION);
    writer.leaf("name", ns::VERSION, "Skein");
    writer.leaf("version", ns::VERSION, env!("CARGO_PKG_VERSION"));
    writer.end();
}

/// XEP-0202, in UTC: where the machine stands is nobody's business either.
pub(crate) fn write_time(writer: &mut Writer, now: Timestamp) {
    writer.start("time", ns::TIME);
    writer.leaf("tzo", ns::TIME, "+00:00");
    writer.leaf("utc", ns::TIME, &now.to_string());
    writer.end();
}

/// XEP-0012: whole seconds.
pub(crate) fn write_last(writer: &mut Writer, ago: Duration) {
    writer.start("query", ns::LAST);
    writer.attr("seconds", &ago.as_secs().to_string());
    writer.end();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Writer)) -> String {
        let mut writer = Writer::within(ns::CLIENT);
        write(&mut writer);
        writer.finish_text()
    }

    #[test]
    fn answers_look_like_the_specifications_examples() {
        assert_eq!(
            written(|writer| write_last(writer, Duration::from_millis(903_900))),
            "<query xmlns='jabber:iq:last' seconds='903'/>"
        );
        let at = Timestamp::parse("2006-12-19T17:58:35Z").expect("a time");
        assert_eq!(
            written(|writer| write_time(writer, at)),
            "<time xmlns='urn:xmpp:time'><tzo>+00:00</tzo><utc>2006-12-19T17:58:35Z</utc></time>"
        );
        assert!(
            written(write_version)
                .starts_with("<query xmlns='jabber:iq:version'><name>Skein</name><version>")
        );
    }
}

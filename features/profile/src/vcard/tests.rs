//! The example of XEP-0292 section 11, both ways.

use skein_xml::{Document, Limits, Writer};
use skein_xmpp::ns;

use super::{write_new, write_old};

const OLD: &str = "<vCard xmlns='vcard-temp'><FN>Peter Saint-Andre</FN>\
    <N><FAMILY>Saint-Andre</FAMILY><GIVEN>Peter</GIVEN><MIDDLE/><PREFIX/><SUFFIX/></N><NICKNAME>stpeter</NICKNAME>\
    <BDAY>1966-08-06</BDAY><ADR><WORK/><PREF/><POBOX/><EXTADD>Suite 600</EXTADD><STREET>1899 Wynkoop Street</STREET>\
    <LOCALITY>Denver</LOCALITY><REGION>CO</REGION><PCODE>80202</PCODE><CTRY>USA</CTRY></ADR>\
    <TEL><WORK/><VOICE/><PREF/><NUMBER>+1-303-308-3282</NUMBER></TEL><EMAIL><WORK/><USERID>psaintan@cisco.com</USERID></EMAIL>\
    <JABBERID>stpeter@jabber.org</JABBERID><TZ>America/Denver</TZ><GEO><LAT>39.59</LAT><LON>-105.01</LON></GEO>\
    <TITLE>Executive Director</TITLE><ROLE>Patron Saint</ROLE><ORG><ORGNAME>XMPP Standards Foundation</ORGNAME></ORG>\
    <URL>https://stpeter.im/</URL><DESC>More information</DESC></vCard>";

const NEW: &str = "<vcard xmlns='urn:ietf:params:xml:ns:vcard-4.0'><fn><text>Peter Saint-Andre</text></fn>\
    <n><surname>Saint-Andre</surname><given>Peter</given><additional></additional><prefix></prefix><suffix></suffix></n>\
    <nickname><text>stpeter</text></nickname><bday><date>1966-08-06</date></bday>\
    <adr><parameters><type><text>work</text></type><pref><integer>1</integer></pref></parameters><pobox></pobox><ext>Suite 600</ext>\
    <street>1899 Wynkoop Street</street><locality>Denver</locality><region>CO</region><code>80202</code><country>USA</country></adr>\
    <tel><parameters><type><text>work</text><text>voice</text></type><pref><integer>1</integer></pref></parameters>\
    <uri>tel:+1-303-308-3282</uri></tel>\
    <email><parameters><type><text>work</text></type></parameters><text>psaintan@cisco.com</text></email>\
    <impp><uri>xmpp:stpeter@jabber.org</uri></impp><tz><text>America/Denver</text></tz><geo><uri>geo:39.59,-105.01</uri></geo>\
    <title><text>Executive Director</text></title><role><text>Patron Saint</text></role>\
    <org><text>XMPP Standards Foundation</text></org><url><uri>https://stpeter.im/</uri></url>\
    <note><text>More information</text></note></vcard>";

fn document(text: &str) -> Document {
    Document::parse(text, &Limits::after_login()).expect("well-formed")
}

#[test]
fn the_old_becomes_the_new() {
    let mut writer = Writer::new();
    write_new(&mut writer, document(OLD).root());
    // An empty element is the same in both forms.
    assert_eq!(writer.finish_text(), document_text(NEW));
}

#[test]
fn the_new_becomes_the_old() {
    let mut writer = Writer::new();
    writer.start("vCard", ns::VCARD);
    write_old(&mut writer, document(NEW).root());
    writer.end();
    assert_eq!(writer.finish_text(), OLD);
}

/// Empty elements in their short form, as they are written.
fn document_text(text: &str) -> String {
    ["additional", "prefix", "suffix", "pobox"].iter().fold(text.to_owned(), |text, name| {
        text.replace(&["<", name, "></", name, ">"].concat(), &["<", name, "/>"].concat())
    })
}

#[test]
fn what_means_nothing_disturbs_nothing() {
    let odd = "<vCard xmlns='vcard-temp'><FN/><TEL><HOME/></TEL><GEO><LAT>1</LAT></GEO><X xmlns='urn:x'>y</X><MAILER>m</MAILER></vCard>";
    let mut writer = Writer::new();
    write_new(&mut writer, document(odd).root());
    assert_eq!(writer.finish_text(), "<vcard xmlns='urn:ietf:params:xml:ns:vcard-4.0'/>");
}

//! The forms of XEP-0045 section 15.5.

use skein_xml::Writer;
use skein_xmpp::{form, ns};

use crate::handle::requests::APPLICANT;
use crate::rules::config::{Config, EDITABLE, Shown};
use crate::store::Asked;

/// What somebody says who asks to be let in.
pub(crate) const NOTE: &str = "{urn:skein:rooms:0}note";
/// XEP-0122: what values a field takes.
const VALIDATE: &str = "http://jabber.org/protocol/xdata-validate";

/// Writes the configuration form (section 10.1.3) with the lists of owners and admins.
pub(crate) fn write_config(writer: &mut Writer, config: &Config, admins: &[&str], owners: &[&str]) {
    form::start(writer, "form", ns::MUC_CONFIG);
    write_fields(writer, &config.fields());
    form::field(writer, "muc#roomconfig_roomadmins", "jid-multi", Some("Admins"), admins);
    form::field(writer, "muc#roomconfig_roomowners", "jid-multi", Some("Owners"), owners);
    writer.end();
}

/// Writes the part of the form for those who may edit and are no owners.
pub(crate) fn write_editable(writer: &mut Writer, config: &Config) {
    form::start(writer, "form", ns::MUC_CONFIG);
    let mut fields = config.fields();
    fields.retain(|field| EDITABLE.contains(&field.var));
    write_fields(writer, &fields);
    writer.end();
}

fn write_fields(writer: &mut Writer, fields: &[Shown]) {
    for field in fields {
        writer.start("field", ns::DATA);
        writer.attr("var", field.var);
        writer.attr("type", field.kind);
        writer.attr("label", field.label);
        for option in field.options {
            writer.start("option", ns::DATA);
            writer.attr("label", option);
            writer.leaf("value", ns::DATA, option);
            writer.end();
        }
        // XEP-0500 section 4.1 asks for it.
        if field.var == "muc#roomconfig_slow_mode_duration" {
            writer.start("validate", VALIDATE);
            writer.attr("datatype", "xs:integer");
            writer.start("range", VALIDATE);
            writer.attr("min", "0");
            writer.end();
            writer.end();
        }
        for value in &field.values {
            writer.leaf("value", ns::DATA, value);
        }
        writer.end();
    }
}

/// Writes the form by which somebody registers (section 7.10).
pub(crate) fn write_registration(writer: &mut Writer) {
    write_registration_fields(writer);
    writer.end();
}

fn write_registration_fields(writer: &mut Writer) {
    form::start(writer, "form", ns::MUC_REGISTER);
    writer.start("field", ns::DATA);
    writer.attr("var", "muc#register_roomnick");
    writer.attr("type", "text-single");
    writer.attr("label", "Nickname");
    writer.leaf("required", ns::DATA, "");
    writer.end();
}

/// Writes the form by which somebody asks to be let in.
pub(crate) fn write_request(writer: &mut Writer) {
    write_registration_fields(writer);
    form::field(writer, NOTE, "text-multi", Some("What you want to say"), &[]);
    writer.end();
}

/// Writes the form by which admins are asked to let somebody in (section 9.9).
pub(crate) fn write_approval(writer: &mut Writer, asked: &Asked) {
    form::start(writer, "form", ns::MUC_REGISTER);
    form::field(writer, APPLICANT, "jid-single", Some("Address"), &[asked.jid.as_str()]);
    let nick = asked.nick.as_str();
    form::field(writer, "muc#register_roomnick", "text-single", Some("Nickname"), &[nick]);
    form::field(writer, NOTE, "text-multi", Some("What they say"), &[&asked.note]);
    form::field(writer, "muc#register_allow", "boolean", Some("Let them in?"), &["0"]);
    writer.end();
}

/// Writes the form by which moderators are asked for voice (section 8.6).
pub(crate) fn write_voice_request(writer: &mut Writer, jid: &str, nick: &str) {
    form::start(writer, "form", ns::MUC_REQUEST);
    form::field(writer, "muc#role", "list-single", Some("Requested role"), &["participant"]);
    form::field(writer, "muc#jid", "jid-single", Some("Address"), &[jid]);
    form::field(writer, "muc#roomnick", "text-single", Some("Nickname"), &[nick]);
    form::field(writer, "muc#request_allow", "boolean", Some("Give voice?"), &["false"]);
    writer.end();
}

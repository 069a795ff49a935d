//! The forms of XEP-0045 section 15.5.

use skein_xml::Writer;
use skein_xmpp::{form, ns};

use crate::rules::config::Config;

/// Writes the configuration form (section 10.1.3) with the lists of owners and admins.
pub(crate) fn write_config(writer: &mut Writer, config: &Config, admins: &[&str], owners: &[&str]) {
    form::start(writer, "form", ns::MUC_CONFIG);
    for field in config.fields() {
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
        for value in &field.values {
            writer.leaf("value", ns::DATA, value);
        }
        writer.end();
    }
    form::field(writer, "muc#roomconfig_roomadmins", "jid-multi", Some("Admins"), admins);
    form::field(writer, "muc#roomconfig_roomowners", "jid-multi", Some("Owners"), owners);
    writer.end();
}

/// Writes the form by which somebody registers (section 7.10).
pub(crate) fn write_registration(writer: &mut Writer) {
    form::start(writer, "form", ns::MUC_REGISTER);
    writer.start("field", ns::DATA);
    writer.attr("var", "muc#register_roomnick");
    writer.attr("type", "text-single");
    writer.attr("label", "Nickname");
    writer.leaf("required", ns::DATA, "");
    writer.end();
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

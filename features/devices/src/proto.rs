//! The list of clients (XEP-0494 section 4.1).

use skein_accounts::Device;
use skein_base::Timestamp;
use skein_xml::Writer;
use skein_xmpp::ns;

const N: &str = ns::CLIENT_ACCESS;

/// `is_connected`: whether a session of that client stands, connected or to be resumed.
pub(crate) fn write_clients(
    writer: &mut Writer,
    devices: &[Device],
    is_connected: impl Fn(&str) -> bool,
) {
    writer.start("clients", N);
    for device in devices {
        writer.start("client", N);
        writer.attr("connected", if is_connected(&device.client) { "true" } else { "false" });
        writer.attr("id", &device.client);
        writer.attr("type", "session");
        writer.leaf("first-seen", N, &device.first_seen.to_string());
        writer.leaf("last-seen", N, &device.last_seen.to_string());
        writer.start("auth", N);
        writer.start("password", N);
        writer.end();
        writer.end();
        writer.start("permission", N);
        writer.attr("status", "unrestricted");
        writer.end();
        writer.start("user-agent", N);
        for (name, text) in [("software", &device.software), ("device", &device.device)] {
            if !text.is_empty() {
                writer.leaf(name, N, text);
            }
        }
        writer.end();
        writer.end();
    }
    writer.end();
}

/// A token that lets one new client in.
pub(crate) fn write_link(writer: &mut Writer, token: &str, expires: Timestamp) {
    writer.start("link", ns::LINK);
    writer.attr("token", token);
    writer.attr("expiry", &expires.to_string());
    writer.end();
}

/// Who came in by it; names as the client claims them.
pub(crate) fn write_linked(writer: &mut Writer, client: &str, software: &str, device: &str) {
    writer.start("linked", ns::LINK);
    writer.attr("id", client);
    for (name, text) in [("software", software), ("device", device)] {
        if !text.is_empty() {
            writer.attr(name, text);
        }
    }
    writer.end();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_told_as_in_the_specification() {
        let device = Device {
            client: "HjEEr45_LQr".to_owned(),
            software: "Gajim".to_owned(),
            device: "Juliet's laptop".to_owned(),
            first_seen: Timestamp::from_secs(1_679_930_169),
            last_seen: Timestamp::from_secs(1_679_931_444),
        };
        let mut writer = Writer::within(ns::CLIENT);
        write_clients(&mut writer, &[device], |client| client == "HjEEr45_LQr");
        assert_eq!(
            writer.finish_text(),
            "<clients xmlns='urn:xmpp:cam:0'><client connected='true' id='HjEEr45_LQr' type='session'>\
             <first-seen>2023-03-27T15:16:09Z</first-seen><last-seen>2023-03-27T15:37:24Z</last-seen>\
             <auth><password/></auth><permission status='unrestricted'/>\
             <user-agent><software>Gajim</software><device>Juliet's laptop</device></user-agent>\
             </client></clients>"
        );
    }
}

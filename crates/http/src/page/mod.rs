//! The first page: where this server is and how to connect to it. No script, nothing
//! loaded from elsewhere.

mod words;

use http::StatusCode;
use http::header::{self, HeaderValue};
use skein_config::{Config, Registration};
use skein_kernel::document::{self, XHTML};
use skein_kernel::language::Language;
use skein_xml::Writer;

use crate::answer::{self, Answer};
use crate::asked::Asked;
use crate::{Http, bosh, websocket};
use words::{Words, words};

pub(crate) const PATH: &str = "/";
const STYLE: &str = include_str!("page.css");
/// A list of clients that is nobody's advertisement.
const CLIENTS: &str = "https://xmpp.org/software/";

/// The page in the language that the browser asks for.
pub(crate) fn first(http: &Http, asked: &Asked, accept_language: &str) -> Answer {
    let config = &http.service().ctx().config;
    let language = Language::accepted(accept_language);
    let html = write(config, asked, language);
    let mut answer = answer::page(StatusCode::OK, html, Some(STYLE));
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(language.tag()));
    headers.insert(header::VARY, HeaderValue::from_static("Accept-Language"));
    answer
}

fn write(config: &Config, asked: &Asked, language: Language) -> String {
    let words = words(language);
    let domain = config.domain();
    let mut writer = document::start(language, domain, STYLE);
    writer.leaf("h1", XHTML, domain);
    writer.leaf("p", XHTML, words.what);
    let account = match config.access.registration {
        Registration::Open => words.account_open,
        Registration::Invite => words.account_invite,
        Registration::Approval => words.account_approval,
        Registration::Closed => words.account_closed,
    };
    section(&mut writer, words.account, account);
    section(&mut writer, words.app, words.app_how);
    writer.start("p", XHTML);
    writer.start("a", XHTML);
    writer.attr("href", CLIENTS);
    writer.attr("rel", "noreferrer noopener");
    writer.text(words.apps);
    writer.end();
    writer.end();
    section(&mut writer, words.login, &words.login_how.replace("{where}", domain));
    writer.start("details", XHTML);
    writer.leaf("summary", XHTML, words.by_hand);
    write_addresses(&mut writer, config, asked, words);
    document::finish(writer)
}

fn section(writer: &mut Writer, heading: &str, text: &str) {
    writer.leaf("h2", XHTML, heading);
    writer.leaf("p", XHTML, text);
}

/// What to type into clients that do not find out by themselves.
fn write_addresses(writer: &mut Writer, config: &Config, asked: &Asked, words: &Words) {
    let domain = config.domain();
    let host = asked.host.as_deref().unwrap_or(domain);
    let (ws, http) = if asked.https { ("wss", "https") } else { ("ws", "http") };
    let mut rows = vec![(words.domain, config.domains.join(", "))];
    let ports = |addresses: &[std::net::SocketAddr]| {
        let mut ports: Vec<u16> = addresses.iter().map(std::net::SocketAddr::port).collect();
        ports.dedup();
        ports.iter().map(u16::to_string).collect::<Vec<_>>().join(", ")
    };
    rows.push((words.starttls, ports(&config.listen.c2s)));
    rows.push((words.direct_tls, ports(&config.listen.c2s_tls)));
    rows.push(("WebSocket", format!("{ws}://{host}{}", websocket::PATH)));
    rows.push(("BOSH", format!("{http}://{host}{}", bosh::PATH)));
    writer.start("dl", XHTML);
    for (name, value) in rows.iter().filter(|(_, value)| !value.is_empty()) {
        writer.leaf("dt", XHTML, name);
        writer.start("dd", XHTML);
        writer.leaf("code", XHTML, value);
        writer.end();
    }
    writer.end();
}

#[cfg(test)]
mod tests {
    use skein_xml::{Document, Limits};

    use super::*;

    fn page(config: &Config, language: Language) -> String {
        let asked = Asked { host: Some("chat.example:5443".into()), https: true };
        write(config, &asked, language)
    }

    #[test]
    fn the_page_is_well_formed_and_holds_no_script_in_every_language() {
        let config = Config::default();
        for language in [Language::En, Language::ZhCn, Language::ZhTw] {
            let html = page(&config, language);
            let body = html.strip_prefix("<!DOCTYPE html>\n").expect("a document type").trim_end();
            assert!(Document::parse(body, &Limits::after_login()).is_ok(), "{body}");
            assert!(!html.contains("<script") && html.contains("wss://chat.example:5443/ws"));
            assert!(
                html.contains(&format!("lang='{}'", language.tag())) && !html.contains("{where}")
            );
        }
    }

    #[test]
    fn the_page_says_how_to_get_an_account_in_each_mode() {
        let mut config = Config::default();
        let mut pages: Vec<String> = Vec::new();
        for mode in
            [Registration::Open, Registration::Invite, Registration::Approval, Registration::Closed]
        {
            config.access.registration = mode;
            pages.push(page(&config, Language::En));
        }
        pages.dedup();
        assert_eq!(pages.len(), 4);
    }
}

//! The landing page (XEP-0401 section 5.2, XEP-0379 section 3.3): one document, so nobody
//! else learns of the token.

use skein_accounts::{Invite, InviteKind};
use skein_base::Timestamp;
use skein_config::Config;
use skein_kernel::document::{self, XHTML};
use skein_kernel::language::Language;
use skein_kernel::route::Asked;
use skein_xml::Writer;
use skein_xmpp::Jid;

use crate::links::{escaped, uri};
use crate::words::{Words, words};

/// The sheet in the document.
pub(crate) const STYLE: &str = include_str!("landing.css");

/// Apps that register accounts by an invitation link: name, systems, where to get it.
const APPS: &[(&str, &str, &str)] = &[
    ("Conversations", "Android", "https://conversations.im/"),
    ("Cheogram", "Android", "https://cheogram.com/"),
    ("Monal", "iPhone, iPad, Mac", "https://monal-im.org/"),
    ("Siskin", "iPhone, iPad", "https://siskin.im/"),
    ("Gajim", "Windows, Linux, Mac", "https://gajim.org/"),
    ("Dino", "Linux", "https://dino.im/"),
];

/// A page to be served as `text/html; charset=utf-8`, never cached, with the header
/// `Referrer-Policy: no-referrer`: its address is a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The document.
    pub html: String,
    /// For `Content-Language`.
    pub language: &'static str,
    /// Whether the invitation is good: status 200, else 404.
    pub is_good: bool,
}

/// The page of an invitation that can be used, or of one that cannot (`None`), at
/// `domain`, in a language of the header `Accept-Language`. Where the server has a web
/// client, that is the first way: nothing has to be installed.
pub fn page(config: &Config, domain: &str, invite: Option<&Invite>, asked: &Asked) -> Page {
    let language = Language::accepted(&asked.accept_language);
    let words = words(language);
    let inviter = invite.and_then(|invite| invite.inviter_jid.as_ref()).map_or(domain, Jid::as_str);
    let fill = |text: &str| text.replace("{who}", inviter).replace("{where}", domain);
    let mut writer = document::start(language, &fill(words.title), STYLE);
    match invite {
        Some(invite) => {
            let heading = match invite.kind {
                InviteKind::Contact => words.contact,
                InviteKind::Account => words.account,
            };
            writer.leaf("h1", XHTML, &fill(heading));
            writer.leaf("p", XHTML, &fill(words.explained));
            if asked.has_client {
                write_here(&mut writer, words, &invite.token);
            }
            write_steps(&mut writer, words, &uri(config, invite));
            let until = Timestamp::from_secs(invite.expires.secs()).to_string();
            let until = until.replace('T', " ").replace('Z', " UTC");
            writer.leaf("footer", XHTML, &format!("{} {until}", words.expires));
        }
        None => {
            writer.leaf("h1", XHTML, words.gone);
            writer.leaf("p", XHTML, words.gone_how);
        }
    }
    Page { html: document::finish(writer), language: language.tag(), is_good: invite.is_some() }
}

/// The client takes the token behind `#`: it is not sent to anybody again.
fn write_here(writer: &mut Writer, words: &Words, token: &str) {
    writer.start("a", XHTML);
    writer.attr("class", "main");
    writer.attr("href", &format!("/#/invitation/{}", escaped(token)));
    writer.text(words.here);
    writer.end();
    writer.leaf("p", XHTML, words.or_app);
}

fn write_steps(writer: &mut Writer, words: &Words, uri: &str) {
    writer.start("ol", XHTML);
    start_step(writer, words.install, words.install_how);
    writer.start("ul", XHTML);
    for (name, systems, address) in APPS {
        writer.start("li", XHTML);
        writer.start("a", XHTML);
        writer.attr("href", address);
        writer.attr("rel", "noreferrer noopener");
        writer.text(name);
        writer.leaf("small", XHTML, systems);
        writer.end();
        writer.end();
    }
    writer.end();
    writer.end();
    start_step(writer, words.come_back, words.come_back_how);
    writer.start("a", XHTML);
    writer.attr("class", "main");
    writer.attr("href", uri);
    writer.text(words.accept);
    writer.end();
    writer.end();
    writer.end();
}

fn start_step(writer: &mut Writer, heading: &str, how: &str) {
    writer.start("li", XHTML);
    writer.attr("class", "step");
    writer.leaf("h2", XHTML, heading);
    writer.leaf("p", XHTML, how);
}

#[cfg(test)]
mod tests {
    use skein_accounts::Role;
    use skein_base::AccountId;
    use skein_xml::{Document, Limits};

    use super::*;

    fn invite(inviter: &str) -> Invite {
        Invite {
            token: "TOKEN".to_owned(),
            kind: InviteKind::Contact,
            inviter: Some(AccountId(1)),
            inviter_jid: Some(Jid::parse(inviter).expect("an address")),
            subscribe: true,
            role: Role::User,
            jid: Jid::parse("example.org").expect("an address"),
            created: Timestamp(0),
            expires: Timestamp::from_secs(1_767_225_600),
            uses: 1,
        }
    }

    fn asked(accept_language: &str) -> Asked {
        Asked { accept_language: accept_language.to_owned(), ..Asked::default() }
    }

    #[test]
    fn the_page_leads_into_the_web_client_where_there_is_one() {
        let config = Config::default();
        let with = Asked { has_client: true, ..asked("en") };
        let link = "href='/#/invitation/TOKEN'";
        let invite = invite("romeo@example.org");
        assert!(page(&config, "example.org", Some(&invite), &with).html.contains(link));
        assert!(!page(&config, "example.org", Some(&invite), &asked("en")).html.contains(link));
        assert!(!page(&config, "example.org", None, &with).html.contains("/#/"));
    }

    #[test]
    fn the_page_names_the_inviter_and_leads_to_the_app() {
        let config = Config::default();
        let page =
            page(&config, "example.org", Some(&invite("romeo@example.org")), &asked("zh-TW"));
        assert!(page.is_good);
        assert_eq!(page.language, "zh-TW");
        assert!(page.html.contains("romeo@example.org 邀請你聊天"));
        assert!(page.html.contains("href='xmpp:romeo@example.org?roster;preauth=TOKEN;ibr=y'"));
        assert!(page.html.contains("2026-01-01 00:00:00 UTC"));
    }

    #[test]
    fn the_page_is_well_formed_and_holds_no_script() {
        let config = Config::default();
        for invite in [Some(invite("romeo@example.org")), None] {
            let page = page(&config, "example.org", invite.as_ref(), &asked("en"));
            let body =
                page.html.strip_prefix("<!DOCTYPE html>\n").expect("a document type").trim_end();
            let limits = Limits { attribute_bytes: 4096, ..Limits::after_login() };
            assert!(Document::parse(body, &limits).is_ok(), "{body}");
            assert!(!page.html.contains("<script"));
            assert_eq!(page.is_good, page.html.contains("xmpp:"));
        }
    }
}

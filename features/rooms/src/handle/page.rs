//! What a link looks like: for clients, for browsers, and the page that browsers get. One
//! document, no script, nothing loaded from elsewhere, so nobody else learns of the token.

use std::sync::Arc;

use skein_config::Config;
use skein_kernel::Ctx;
use skein_kernel::document::{self, XHTML};
use skein_kernel::language::Language;
use skein_kernel::route::{Asked, Page};
use skein_xml::Writer;
#[cfg(test)]
use skein_xml::{Document, Limits};
use skein_xmpp::Jid;

use crate::room::table::Rooms;
use crate::store;

/// The path of the page; the token follows.
pub(crate) const PATH: &str = "/group/";
const STYLE: &str = include_str!("page.css");
/// Bytes of a token that are looked at; ours have 32.
const TOKEN_BYTES: usize = 64;

/// The page's texts; `{group}` stands for the group's name.
struct Words {
    title: &'static str,
    heading: &'static str,
    people: &'static str,
    how: &'static str,
    join: &'static str,
    web: &'static str,
    gone: &'static str,
    gone_how: &'static str,
}

const fn words(language: Language) -> &'static Words {
    match language {
        Language::En => &Words {
            title: "Group invitation",
            heading: "Join “{group}”",
            people: "Members: {count}",
            how: "Open the invitation in your chat app, or enter the group's address there with the password below.",
            join: "Open in the app",
            web: "Open in the browser",
            gone: "This invitation cannot be used",
            gone_how: "It was used up, has expired, or was taken back. Ask for a new one.",
        },
        Language::ZhCn => &Words {
            title: "群组邀请",
            heading: "加入“{group}”",
            people: "成员：{count}",
            how: "在聊天应用中打开此邀请，或在应用中输入下面的群组地址和密码。",
            join: "在应用中打开",
            web: "在浏览器中打开",
            gone: "此邀请无法使用",
            gone_how: "它已用完、已过期或已被收回。请对方重新发送一个。",
        },
        Language::ZhTw => &Words {
            title: "群組邀請",
            heading: "加入「{group}」",
            people: "成員：{count}",
            how: "在聊天應用程式中開啟此邀請，或在應用程式中輸入下面的群組地址和密碼。",
            join: "在應用程式中開啟",
            web: "在瀏覽器中開啟",
            gone: "此邀請無法使用",
            gone_how: "它已用完、已過期或已被收回。請對方重新傳送一個。",
        },
    }
}

/// The address that clients open (XEP-0147, `join` with a password).
pub(crate) fn uri(room: &Jid, token: &str) -> String {
    let local = escaped(room.local().unwrap_or_default());
    format!("xmpp:{local}@{}?join;password={token}", escaped(room.domain()))
}

/// The address of the page: at the domain of the room's server.
pub(crate) fn url(config: &Config, room: &Jid, token: &str) -> String {
    let label = format!("{}.", config.rooms.host);
    let domain = room.domain().strip_prefix(&label).unwrap_or(room.domain());
    format!("{}{PATH}{token}", config.web_origin(domain))
}

/// What is not unreserved (RFC 3986 section 2.3) is escaped.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(byte as char);
        } else {
            out.push('%');
            out.push_str(&skein_base::rng::to_hex(&[byte]).to_uppercase());
        }
    }
    out
}

/// What the page shows of a group.
struct Group {
    room: Jid,
    name: String,
    members: i64,
}

/// Shows the group whose token the path ends with.
pub(crate) async fn show(ctx: Arc<Ctx>, asked: Asked) -> Page {
    let token = asked.rest.clone();
    let group = match find(&ctx, token.clone()).await {
        Ok(group) => group,
        Err(error) => {
            let fault = skein_base::Fault::from(error);
            tracing::error!(target: "rooms", %fault, "a link was not looked up");
            None
        }
    };
    let language = Language::accepted(&asked.accept_language);
    Page {
        status: if group.is_some() { 200 } else { 404 },
        kind: "text/html; charset=utf-8",
        language: Some(language.tag()),
        style: Some(STYLE),
        body: write(&ctx.config, language, group.as_ref(), &token).into_bytes(),
    }
}

async fn find(ctx: &Arc<Ctx>, token: String) -> Result<Option<Group>, skein_db::DbError> {
    if token.len() > TOKEN_BYTES {
        return Ok(None);
    }
    let now = ctx.now();
    let found = ctx.db.read(move |tx| {
        let Some(link) = store::link(tx, &token)?.filter(|link| link.is_good(now)) else {
            return Ok(None);
        };
        let Some(room) = store::address(tx, link.room)? else { return Ok(None) };
        Ok(Some((room, store::count_members(tx, link.room)?)))
    });
    let Some((jid, members)) = found.await? else { return Ok(None) };
    let rooms = ctx.state::<Rooms>();
    let Some(room) = rooms.find(ctx, &jid).await? else { return Ok(None) };
    let name = room.state().config.title(&jid).to_owned();
    rooms.release(room, now);
    Ok(Some(Group { room: jid, name, members }))
}

fn write(config: &Config, language: Language, group: Option<&Group>, token: &str) -> String {
    let words = words(language);
    let mut writer = document::start(language, words.title, STYLE);
    match group {
        Some(group) => write_group(&mut writer, config, words, group, token),
        None => {
            writer.leaf("h1", XHTML, words.gone);
            writer.leaf("p", XHTML, words.gone_how);
        }
    }
    document::finish(writer)
}

fn write_group(writer: &mut Writer, config: &Config, words: &Words, group: &Group, token: &str) {
    writer.leaf("h1", XHTML, &words.heading.replace("{group}", &group.name));
    writer.leaf("p", XHTML, &words.people.replace("{count}", &group.members.to_string()));
    writer.leaf("p", XHTML, words.how);
    let label = format!("{}.", config.rooms.host);
    let domain = group.room.domain().strip_prefix(&label).unwrap_or(group.room.domain());
    let web =
        format!("{}/#join={}&password={token}", config.web_origin(domain), group.room.as_str());
    for (class, href, text) in
        [("main", uri(&group.room, token), words.join), ("web", web, words.web)]
    {
        writer.start("a", XHTML);
        writer.attr("class", class);
        writer.attr("href", &href);
        writer.text(text);
        writer.end();
    }
    writer.leaf("code", XHTML, group.room.as_str());
    writer.leaf("code", XHTML, token);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_names_the_group_and_leads_into_it() {
        let config = Config::default();
        let room = Jid::parse("~abc@rooms.example.org").expect("an address");
        let group = Group { room, name: "<Us> & them".into(), members: 3 };
        for group in [Some(&group), None] {
            let html = write(&config, Language::En, group, "TOKEN");
            let body = html.strip_prefix("<!DOCTYPE html>\n").expect("a document type");
            let limits = Limits { attribute_bytes: 4096, ..Limits::after_login() };
            assert!(Document::parse(body, &limits).is_ok(), "{body}");
            assert!(!html.contains("<script") && !html.contains("<Us>"));
            let has_link = html.contains("xmpp:~abc@rooms.example.org?join;password=TOKEN");
            assert_eq!(has_link, group.is_some());
        }
    }

    #[test]
    fn links_are_where_people_can_reach_them() {
        let config = Config::default();
        let room = Jid::parse("élan vital@rooms.example.org")
            .or_else(|_| Jid::parse("élan@rooms.example.org"));
        let room = room.expect("an address");
        assert!(uri(&room, "T").starts_with("xmpp:%C3%A9lan"));
        assert_eq!(url(&config, &room, "T"), "https://example.org/group/T");
    }
}

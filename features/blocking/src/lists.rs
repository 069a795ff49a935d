//! Privacy lists (XEP-0016), as far as a block list can say the same: there is one list,
//! it is the default, and it denies everything to each of its addresses. A list that
//! wants anything else is refused and nothing is changed.

use std::collections::HashSet;

use skein_kernel::contracts::Blocks;
use skein_kernel::{Refusal, Request};
use skein_session::Flag;
use skein_xml::{Element, Writer};
use skein_xmpp::{Condition, Jid, Stanza, StanzaError, ns};

use crate::handle::{Change, in_force};

/// The name of the one list.
const NAME: &str = "blocked";

/// The names of the lists, or what the list holds.
pub(crate) async fn get(request: Request) -> Result<Stanza, Refusal> {
    let mut lists = request.payload()?.children();
    let list = lists.next();
    if lists.next().is_some() {
        return Err(Condition::BadRequest.into());
    }
    let blocks = in_force(&request);
    match list {
        None => Ok(request.result(|writer| write_names(writer, &blocks))),
        Some(list)
            if list.attr("name").as_deref() == Some(NAME) && !blocks.addresses.is_empty() =>
        {
            request.session.set(Flag::WatchesBlocks, true);
            Ok(request.result(|writer| write_list(writer, &blocks)))
        }
        Some(_) => Err(Condition::ItemNotFound.into()),
    }
}

/// Changes the list, or confirms that it is in force.
pub(crate) async fn set(request: Request) -> Result<Stanza, Refusal> {
    let mut children = request.payload()?.children();
    let (Some(child), None) = (children.next(), children.next()) else {
        return Err(Condition::BadRequest.into());
    };
    let name = child.attr("name");
    match child.name() {
        "active" | "default" => {
            let is_list = name.as_deref() == Some(NAME);
            // Nobody has a list in force beside the default, so there is nothing to decline.
            let declines = child.name() == "active" && name.is_none();
            if (is_list && !in_force(&request).addresses.is_empty()) || declines {
                return Ok(request.done());
            }
            Err(match name {
                None => only_whole().into(),
                Some(_) => Condition::ItemNotFound.into(),
            })
        }
        "list" => {
            let add = denied(child)?;
            if name.as_deref() != Some(NAME) {
                return Err(only_whole().into());
            }
            let change = Change { clear: true, add, ..Change::default() };
            change.make(&request).await?;
            Ok(request.done())
        }
        _ => Err(Condition::BadRequest.into()),
    }
}

/// The addresses of a list that denies everything to each of them.
fn denied(list: Element<'_>) -> Result<Vec<Jid>, StanzaError> {
    let mut orders = HashSet::new();
    let mut items = Vec::new();
    for item in list.children().filter(|child| child.is("item", ns::PRIVACY)) {
        let order: u32 =
            item.attr("order").and_then(|order| order.parse().ok()).ok_or(Condition::BadRequest)?;
        if !orders.insert(order) {
            return Err(Condition::BadRequest.into());
        }
        items.push((order, item));
    }
    items.sort_unstable_by_key(|(order, _)| *order);
    let last = items.len().saturating_sub(1);
    let mut addresses = Vec::new();
    for (at, (_, item)) in items.into_iter().enumerate() {
        let value = item.attr("value");
        match (item.attr("type").as_deref(), item.attr("action").as_deref()) {
            (Some("jid"), Some("deny")) if item.children().next().is_none() => {
                let value = value.ok_or(Condition::BadRequest)?;
                addresses.push(Jid::parse(&value).map_err(|_| Condition::JidMalformed)?);
            }
            // What follows from the rest anyway: all others may.
            (None, Some("allow")) if at == last => {}
            (_, Some("allow" | "deny")) => return Err(only_whole()),
            _ => return Err(Condition::BadRequest.into()),
        }
    }
    Ok(addresses)
}

fn only_whole() -> StanzaError {
    StanzaError::new(Condition::FeatureNotImplemented)
        .text("there is one list, `blocked`, always in force; its items deny everything to one address each")
}

fn write_names(writer: &mut Writer, blocks: &Blocks) {
    writer.start("query", ns::PRIVACY);
    if !blocks.addresses.is_empty() {
        for element in ["default", "list"] {
            writer.start(element, ns::PRIVACY);
            writer.attr("name", NAME);
            writer.end();
        }
    }
    writer.end();
}

fn write_list(writer: &mut Writer, blocks: &Blocks) {
    let mut addresses: Vec<&str> = blocks.addresses.iter().map(Jid::as_str).collect();
    addresses.sort_unstable();
    writer.start("query", ns::PRIVACY);
    writer.start("list", ns::PRIVACY);
    writer.attr("name", NAME);
    for (at, address) in addresses.into_iter().enumerate() {
        writer.start("item", ns::PRIVACY);
        writer.attr("type", "jid");
        writer.attr("value", address);
        writer.attr("action", "deny");
        writer.attr("order", &(at + 1).to_string());
        writer.end();
    }
    writer.end();
    writer.end();
}

#[cfg(test)]
mod tests {
    use super::*;
    use skein_xml::{Document, Limits};

    fn read(items: &str) -> Result<Vec<Jid>, StanzaError> {
        let text = format!("<list xmlns='jabber:iq:privacy' name='blocked'>{items}</list>");
        let document = Document::parse(&text, &Limits::after_login()).expect("well-formed");
        denied(document.root())
    }

    #[test]
    fn a_list_that_denies_everything_to_addresses_is_a_block_list() {
        let blocked = read(
            "<item type='jid' value='tybalt@example.com' action='deny' order='3'/>\
             <item action='allow' order='7'/>\
             <item type='jid' value='paris@example.org' action='deny' order='5'/>",
        );
        let expected = ["tybalt@example.com", "paris@example.org"];
        assert_eq!(blocked, Ok(expected.map(|jid| Jid::parse(jid).expect("an address")).into()));
    }

    #[test]
    fn what_a_block_list_cannot_say_is_refused() {
        for (items, condition) in [
            (
                "<item type='group' value='Enemies' action='deny' order='4'/>",
                Condition::FeatureNotImplemented,
            ),
            (
                "<item type='subscription' value='none' action='deny' order='4'/>",
                Condition::FeatureNotImplemented,
            ),
            (
                "<item type='jid' value='a@b' action='allow' order='4'/>",
                Condition::FeatureNotImplemented,
            ),
            (
                "<item type='jid' value='a@b' action='deny' order='4'><message/></item>",
                Condition::FeatureNotImplemented,
            ),
            ("<item action='deny' order='4'/>", Condition::FeatureNotImplemented),
            (
                "<item action='allow' order='1'/><item type='jid' value='a@b' action='deny' order='4'/>",
                Condition::FeatureNotImplemented,
            ),
            ("<item type='jid' value='a@b' action='deny'/>", Condition::BadRequest),
            ("<item type='jid' action='deny' order='1'/>", Condition::BadRequest),
            ("<item type='jid' value='@' action='deny' order='1'/>", Condition::JidMalformed),
            (
                "<item type='jid' value='a@b' action='deny' order='1'/><item type='jid' value='c@d' action='deny' order='1'/>",
                Condition::BadRequest,
            ),
        ] {
            assert_eq!(read(items).expect_err(items).condition, condition, "{items}");
        }
    }
}

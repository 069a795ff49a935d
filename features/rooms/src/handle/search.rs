//! The directory: channel search (XEP-0433), and the list of rooms (XEP-0045 section 6.3).

use std::sync::Arc;

use skein_base::limits;
use skein_db::{DbError, Tx};
use skein_kernel::contracts::InCircles;
use skein_kernel::{Ctx, Refusal, Reply};
use skein_session::Session;
use skein_xml::Element;
use skein_xmpp::rsm::{Page, PageRequest, Position};
use skein_xmpp::{Condition, ErrorType, IqType, Jid, Kind, Stanza, StanzaError, ns};

use crate::proto::search::{Asked, Found, Order, write_found, write_search_form};
use crate::room::table::Rooms;
use crate::rules::config::Config;
use crate::rules::directory::holds;
use crate::store::{self, Entry};

/// Rooms of a page unless the asker says.
const PAGE: usize = 50;
/// Rooms that are looked through for one page: what a request may cost.
const LOOKED_THROUGH: usize = 5_000;
/// Rooms that are sorted by how many are inside.
const SORTED: usize = 500;
/// Rooms read at a time.
const STEP: usize = 200;

/// `<search/>` to the host.
pub(crate) async fn search(
    ctx: &Arc<Ctx>,
    session: &Session,
    stanza: &Stanza,
    search: Element<'_>,
) -> Result<Reply, Refusal> {
    let result = stanza.answer(Kind::Iq(IqType::Result));
    let Some(asked) = Asked::read(search)? else {
        return Ok(Reply::Answer(result.with_content(write_search_form)));
    };
    let page = PageRequest::read(search)?;
    let most = page.max.unwrap_or(PAGE).min(limits::PAGE_MAX);
    let view = View::of(session, stanza);
    let found = match asked.order {
        Order::Address => by_address(ctx, &view, &asked, &page.position, most).await?,
        Order::Users => by_users(ctx, &view, &asked, &page.position, most).await?,
    };
    let shown = Page {
        first: found.first().map(|found| (found.jid.as_str().to_owned(), None)),
        last: found.last().map(|found| found.jid.as_str().to_owned()),
        count: None,
    };
    Ok(Reply::Answer(result.with_content(|writer| {
        writer.start("result", ns::CHANNEL_SEARCH);
        found.iter().for_each(|found| write_found(writer, found));
        shown.write(writer);
        writer.end();
    })))
}

/// What somebody sees of a host.
#[derive(Clone)]
pub(crate) struct View {
    host: String,
    circles: Box<[Box<str>]>,
}

impl View {
    pub(crate) fn of(session: &Session, stanza: &Stanza) -> Self {
        let circles = session.user.slot::<InCircles>().unwrap_or_default();
        let host = stanza.to.as_ref().map_or("", |to| to.domain()).to_owned();
        Self { host, circles: circles.ids.clone() }
    }
}

async fn by_address(
    ctx: &Arc<Ctx>,
    view: &View,
    asked: &Asked,
    position: &Position,
    most: usize,
) -> Result<Vec<Found>, Refusal> {
    let after = match position {
        Position::First => String::new(),
        Position::After(after) => after.clone(),
        Position::Before(_) | Position::Index(_) => {
            return Err(Condition::FeatureNotImplemented.into());
        }
    };
    find(ctx, view, asked, after, most).await
}

/// The order changes all the time, so a page that follows begins at a place and not behind a
/// room (section 5.1.1 of XEP-0433 lets it).
async fn by_users(
    ctx: &Arc<Ctx>,
    view: &View,
    asked: &Asked,
    position: &Position,
    most: usize,
) -> Result<Vec<Found>, Refusal> {
    let mut all = find(ctx, view, asked, String::new(), SORTED).await?;
    all.sort_by(|one, other| {
        other.users.cmp(&one.users).then_with(|| one.jid.as_str().cmp(other.jid.as_str()))
    });
    let from = match position {
        Position::First => 0,
        Position::Index(index) => *index,
        Position::After(after) => {
            all.iter().position(|found| found.jid.as_str() == after).map_or(all.len(), |at| at + 1)
        }
        Position::Before(_) => return Err(Condition::FeatureNotImplemented.into()),
    };
    Ok(all.into_iter().skip(from).take(most).collect())
}

async fn find(
    ctx: &Arc<Ctx>,
    view: &View,
    asked: &Asked,
    after: String,
    most: usize,
) -> Result<Vec<Found>, Refusal> {
    let (view, wanted, users) = (view.clone(), asked.clone(), users(ctx));
    let read = move |tx: &mut Tx<'_>| -> Result<Vec<Found>, DbError> {
        let (mut found, mut after, mut looked) = (Vec::new(), after.clone(), 0);
        while found.len() < most && looked < LOOKED_THROUGH {
            let step = store::search(tx, &view.host, &after, &wanted.terms, &view.circles, STEP)?;
            let is_last = step.len() < STEP;
            looked += step.len();
            for entry in step {
                after.clone_from(&entry.jid);
                if found.len() < most
                    && let Some(seen) = look(tx, entry, &wanted, &users)?
                {
                    found.push(seen);
                }
            }
            if is_last {
                break;
            }
        }
        Ok(found)
    };
    Ok(ctx.db.read(read).await?)
}

/// How many are inside of the rooms where somebody is.
type Users = std::collections::HashMap<Jid, usize>;

fn users(ctx: &Ctx) -> Users {
    let rooms = ctx.state::<Rooms>().all();
    rooms.iter().map(|room| (room.jid().clone(), room.state().len())).collect()
}

fn look(
    tx: &mut Tx<'_>,
    entry: Entry,
    asked: &Asked,
    users: &Users,
) -> Result<Option<Found>, DbError> {
    // S22: one row that cannot be read keeps nobody from the rest.
    let Ok(jid) = Jid::parse(&entry.jid) else { return Ok(None) };
    let config = Config::of_text(&entry.config);
    let users = users.get(&jid).copied().unwrap_or(0);
    let speaks = asked.lang.as_ref().is_none_or(|lang| {
        let (own, lang) = (config.lang.to_lowercase(), lang.to_lowercase());
        own == lang || own.starts_with(&format!("{lang}-"))
    });
    if users < asked.least_users || !speaks || !holds(&jid, &config, &asked.terms, asked.places) {
        return Ok(None);
    }
    let members = store::count_members(tx, entry.id)?;
    Ok(Some(Found { jid, config, users, members }))
}

/// `disco#items` of the host.
pub(crate) async fn list(
    ctx: &Arc<Ctx>,
    session: &Session,
    stanza: &Stanza,
    query: Element<'_>,
) -> Result<Reply, Refusal> {
    let request = PageRequest::read(query)?;
    let most = request.max.unwrap_or(limits::PAGE_MAX).min(limits::PAGE_MAX);
    let after = match request.position {
        Position::First => String::new(),
        Position::After(after) => after,
        Position::Before(_) | Position::Index(_) => {
            return Err(StanzaError::new(Condition::FeatureNotImplemented)
                .class(ErrorType::Modify)
                .text("the list is read forward")
                .into());
        }
    };
    let view = View::of(session, stanza);
    let read =
        move |tx: &mut Tx<'_>| store::search(tx, &view.host, &after, &[], &view.circles, most);
    let rooms = ctx.db.read(read).await?;
    let page = Page {
        first: rooms.first().map(|room| (room.jid.clone(), None)),
        last: rooms.last().map(|room| room.jid.clone()),
        count: None,
    };
    let result = stanza.answer(Kind::Iq(IqType::Result));
    Ok(Reply::Answer(result.with_content(|writer| {
        writer.start("query", ns::DISCO_ITEMS);
        for room in &rooms {
            let Ok(jid) = Jid::parse(&room.jid) else { continue };
            let config = Config::of_text(&room.config);
            writer.start("item", ns::DISCO_ITEMS);
            writer.attr("jid", &room.jid);
            writer.attr("name", config.title(&jid));
            writer.end();
        }
        page.write(writer);
        writer.end();
    })))
}

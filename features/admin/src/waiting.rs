//! Accounts that wait for approval: the list of them, and the notice that somebody asks.
//!
//! Every administrator who is online is told at the first request, and after that at most
//! once in [`WAITING_NOTICE`] as long as more come; whoever comes online is told what waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use skein_accounts::Accounts;
use skein_base::limits::{WAITING_NOTICE, WAITING_SHOWN};
use skein_base::{Fault, Timestamp};
use skein_kernel::{Bell, Ctx, Refusal};
use skein_session::Session;
use skein_xmpp::form::Column;
use skein_xmpp::{Jid, Kind, MessageType, Stanza, ns};

use crate::notices::Board;
use crate::run::{Call, Outcome};

/// When a notice that failed is tried again.
const AGAIN: Duration = Duration::from_secs(1);
const COLUMNS: &[Column] = &[
    Column { var: "accountjid", kind: "jid-single", label: "Address" },
    Column::text("reason", "Why"),
    Column::text("asked", "Asked"),
];

/// What is known of those who wait.
#[derive(Default)]
pub(crate) struct Watch {
    pub(crate) bell: Bell,
    /// Requests since the start, and how many of them had been when nobody waited any more:
    /// as long as both are equal, nobody needs to look.
    asked: AtomicU64,
    settled: Mutex<Option<u64>>,
    notice: Mutex<Notice>,
}

#[derive(Default)]
struct Notice {
    is_owed: bool,
    told: Option<Timestamp>,
}

impl Notice {
    /// When the notice that is owed is due, if one is.
    fn due(&self, now: Timestamp) -> Option<Timestamp> {
        // A time ahead of us is of a clock that was set back.
        let told = self.told.filter(|told| *told <= now);
        self.is_owed.then(|| told.map_or(now, |told| told.plus(WAITING_NOTICE).max(now)))
    }
}

/// Somebody asks.
pub(crate) fn asked(ctx: &Ctx) {
    let watch = &ctx.state::<Board>().waiting;
    watch.asked.fetch_add(1, Ordering::AcqRel);
    watch.notice.lock().is_owed = true;
    watch.bell.ring(ctx.now());
}

/// Tells the administrators, if that is due; says when it is otherwise.
pub(crate) async fn tell(ctx: Arc<Ctx>) -> Option<Timestamp> {
    let now = ctx.now();
    {
        let mut notice = ctx.state::<Board>().waiting.notice.lock();
        let due = notice.due(now)?;
        if due > now {
            return Some(due);
        }
        *notice = Notice { is_owed: false, told: Some(now) };
    }
    match tell_all(&ctx).await {
        Ok(()) => None,
        Err(fault) => {
            tracing::error!(target: "admin", %fault, "administrators are not told who waits; tried again");
            *ctx.state::<Board>().waiting.notice.lock() = Notice { is_owed: true, told: None };
            Some(now.plus(AGAIN))
        }
    }
}

async fn tell_all(ctx: &Arc<Ctx>) -> Result<(), Fault> {
    let accounts = ctx.state::<Accounts>();
    let total = accounts.count_waiting().await?;
    if total == 0 {
        return Ok(());
    }
    for admin in accounts.admins().await? {
        ctx.route().route(message(ctx, &admin, total)).await;
    }
    Ok(())
}

/// Somebody has come: an administrator is told who waits.
pub(crate) async fn greet(ctx: &Arc<Ctx>, session: &Session) -> Result<(), Fault> {
    let watch = &ctx.state::<Board>().waiting;
    let asked = watch.asked.load(Ordering::Acquire);
    if *watch.settled.lock() == Some(asked) {
        return Ok(());
    }
    let accounts = ctx.state::<Accounts>();
    let total = accounts.count_waiting().await?;
    if total == 0 {
        *watch.settled.lock() = Some(asked);
    } else if accounts.is_admin(&session.user.jid).await? {
        session.send(&message(ctx, &session.jid, total));
    }
    Ok(())
}

fn message(ctx: &Ctx, to: &Jid, total: u64) -> Stanza {
    let mut message = Stanza::new(Kind::Message(MessageType::Headline));
    message.from = Some(to.to_domain());
    message.to = Some(to.clone());
    message.id = Some(format!("waiting-{:016x}", ctx.rng.next_u64()).into());
    let body = match total {
        1 => "One person asks for an account and waits for approval.".to_owned(),
        total => format!("{total} people ask for an account and wait for approval."),
    };
    message.with_content(|writer| {
        writer.leaf("body", ns::CLIENT, &body);
        writer.start("waiting", ns::ACCOUNTS);
        writer.attr("total", &total.to_string());
        writer.end();
    })
}

/// Who waits to be let in (`reenable-user`) or refused (`delete-user`), the oldest first.
pub(crate) async fn list(call: Call) -> Result<Outcome, Refusal> {
    let (total, requests) = call.accounts().waiting(WAITING_SHOWN).await?;
    let lines = requests.into_iter().map(|request| {
        vec![request.jid.as_str().to_owned(), request.reason, request.asked.to_string()]
    });
    let table = Some((COLUMNS, lines.collect()));
    Ok(Outcome { table, ..Outcome::field("total", "text-single", vec![total.to_string()]) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_is_due_at_once_and_then_a_minute_after_the_last() {
        let at = |secs| Timestamp::from_secs(secs);
        let mut notice = Notice::default();
        assert_eq!(notice.due(at(1_000)), None, "nobody asked");
        notice.is_owed = true;
        assert_eq!(notice.due(at(1_000)), Some(at(1_000)));
        notice.told = Some(at(1_000));
        assert_eq!(notice.due(at(1_001)), Some(at(1_060)));
        assert_eq!(notice.due(at(1_060)), Some(at(1_060)));
        assert_eq!(notice.due(at(5_000)), Some(at(5_000)));
        assert_eq!(notice.due(at(900)), Some(at(900)), "the clock was set back");
    }
}

//! Reports (XEP-0377): kept with the block that they come with, and given to the
//! administrators.

use std::sync::Arc;
use std::time::Duration;

use skein_accounts::Accounts;
use skein_base::{AccountId, Timestamp, limits};
use skein_db::{DbError, Tx};
use skein_kernel::{Ctx, Request};
use skein_xmpp::delay::write_forwarded;
use skein_xmpp::{
    Condition, ErrorType, Jid, Kind, MessageType, Stanza, StanzaError, ephemeral, ns,
};

use crate::proto::Report;
use crate::store;

const DAY: Duration = Duration::from_secs(86_400);

/// The reports of one request.
#[derive(Clone)]
pub(crate) struct Writes {
    account: AccountId,
    reporter: Jid,
    at: Timestamp,
    reports: Arc<[Report]>,
}

impl Writes {
    pub(crate) fn new(request: &Request, reports: Vec<Report>) -> Self {
        Self {
            account: request.session.account(),
            reporter: request.session.user.jid.clone(),
            at: request.ctx.now(),
            reports: reports.into(),
        }
    }

    /// The same with what the reporter's archive has of the messages named; ids that it does
    /// not show in the conversation with the reported are left out (trust Z03).
    ///
    /// # Errors
    /// What the database says.
    pub(crate) async fn proven(self, ctx: &Arc<Ctx>) -> Result<Self, DbError> {
        if self.reports.is_empty() {
            return Ok(self);
        }
        let log = ctx.contracts.log.clone();
        let (account, mut reports) = (self.account, self.reports.to_vec());
        let reports = ctx.db.read(move |tx| {
            for report in &mut reports {
                let mut bytes = 0;
                let mut proven = Vec::new();
                for id in &report.ids {
                    let Some((at, stanza)) = log.shown(tx, account, &report.reported, id)? else {
                        continue;
                    };
                    proven.push(id.clone());
                    bytes += stanza.content().len();
                    if bytes <= limits::EVIDENCE_BYTES {
                        report.evidence.push((at, stanza));
                    }
                }
                report.ids = proven;
            }
            Ok(reports)
        });
        Ok(Self { reports: reports.await?.into(), ..self })
    }

    /// Whether the account may report that much more today (trust Z03).
    pub(crate) fn check(&self, tx: &mut Tx<'_>) -> Result<Result<(), StanzaError>, DbError> {
        if self.reports.is_empty() {
            return Ok(Ok(()));
        }
        let since = Timestamp(self.at.0.saturating_sub(DAY.as_micros() as i64));
        let before = store::reported(tx, self.account, since)?;
        let all = usize::try_from(before).unwrap_or(usize::MAX).saturating_add(self.reports.len());
        if all <= limits::REPORTS_PER_DAY {
            return Ok(Ok(()));
        }
        Ok(Err(StanzaError::new(Condition::PolicyViolation)
            .class(ErrorType::Wait)
            .text("too many reports today; block without a report")))
    }

    pub(crate) fn write(&self, tx: &mut Tx<'_>) -> Result<(), DbError> {
        for report in &*self.reports {
            store::report(tx, self.account, &self.reporter, report, self.at)?;
        }
        Ok(())
    }

    /// Gives them to every administrator as a message of the server.
    pub(crate) async fn forward(&self, ctx: &Arc<Ctx>) {
        if self.reports.is_empty() {
            return;
        }
        let admins = match ctx.state::<Accounts>().admins().await {
            Ok(admins) => admins,
            Err(fault) => {
                tracing::error!(target: "blocking", %fault, "reports were kept but not forwarded");
                return;
            }
        };
        for report in &*self.reports {
            for admin in &admins {
                ctx.route().route(self.message(report, admin)).await;
                for (at, stanza) in &report.evidence {
                    if let Some(message) = passing(admin, stanza, *at, ctx.now()) {
                        ctx.route().route(message).await;
                    }
                }
            }
        }
    }

    fn message(&self, report: &Report, admin: &Jid) -> Stanza {
        let mut message = Stanza::new(Kind::Message(MessageType::Normal));
        message.from = Some(admin.to_domain());
        message.to = Some(admin.clone());
        let what = report.reason.rsplit(':').next().unwrap_or_default();
        let named = report.ids.len();
        let mut body = format!(
            "{} reports {} for {what}, with {named} messages.",
            self.reporter, report.reported
        );
        if !report.text.is_empty() {
            body.push('\n');
            body.push_str(&report.text);
        }
        message.with_content(|writer| {
            writer.leaf("subject", ns::CLIENT, "Report");
            writer.leaf("body", ns::CLIENT, &body);
            report.write(writer, &self.reporter);
            let lasts = |(at, stanza): &&(Timestamp, Stanza)| ephemeral::end(stanza, *at).is_none();
            for (at, stanza) in report.evidence.iter().filter(lasts) {
                write_forwarded(writer, stanza, Some(*at));
            }
        })
    }
}

/// A message of a report that has a timer: it goes to an administrator by itself, with what
/// is left of that, for it is nobody's to keep longer.
fn passing(admin: &Jid, stanza: &Stanza, at: Timestamp, now: Timestamp) -> Option<Stanza> {
    let end = ephemeral::end(stanza, at).filter(|end| *end > now)?;
    let left = u32::try_from(end.since(now).as_secs()).unwrap_or(u32::MAX).max(1);
    let mut message = Stanza::new(Kind::Message(MessageType::Normal));
    message.from = Some(admin.to_domain());
    message.to = Some(admin.clone());
    let message = message.with_content(|writer| {
        writer.leaf("subject", ns::CLIENT, "Report");
        writer.leaf("body", ns::CLIENT, "A message of the report, until it disappears.");
        ephemeral::write_timer(writer, left);
        write_forwarded(writer, stanza, Some(at));
    });
    Some(message.with_added(|writer| ephemeral::write_expires(writer, end)))
}

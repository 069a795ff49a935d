//! One command: its form, its doing, its answer.

use std::sync::Arc;

use skein_accounts::{Account, Accounts};
use skein_kernel::{Ctx, Future, Refusal, Request};
use skein_session::Session;
use skein_xml::Writer;
use skein_xmpp::command::{self, Status};
use skein_xmpp::form::{self, Column, Form};
use skein_xmpp::ns;
use skein_xmpp::{Condition, Jid, Stanza, StanzaError};

use crate::store;
use crate::table::{self, Entry, Question};

/// Entries of a list at most.
const LISTED: usize = 1_000;
/// People that one command names at most.
const SUBJECTS: usize = 500;
/// Bytes of a text at most.
const TEXT_BYTES: usize = 8_192;

/// A command on its way.
pub(crate) struct Call {
    pub(crate) ctx: Arc<Ctx>,
    pub(crate) session: Arc<Session>,
    pub(crate) form: Form,
}

/// What comes of it.
#[derive(Default)]
pub(crate) struct Outcome {
    /// A sentence for the administrator.
    pub(crate) note: Option<String>,
    /// Fields of the form that is the answer: name, type, values.
    pub(crate) fields: Vec<(&'static str, &'static str, Vec<String>)>,
    /// A table in that form: its columns by name and label, and its lines.
    pub(crate) table: Option<Table>,
    /// Contacts of the account that was asked about.
    pub(crate) roster: Option<Vec<Jid>>,
    /// Whom it was about, for the audit.
    pub(crate) subjects: Vec<Jid>,
}

/// Lines of values, as many as there are columns.
pub(crate) type Table = (&'static [Column], Vec<Vec<String>>);

pub(crate) type RunFn = fn(Call) -> Future<'static, Result<Outcome, Refusal>>;

/// Runs the command that the request names. Only administrators come here.
pub(crate) async fn run(request: Request) -> Result<Stanza, Refusal> {
    let asked = command::read(request.payload()?)?;
    let entry = table::find(&asked.node).ok_or(Condition::ItemNotFound)?;
    if asked.is_cancelled {
        return Ok(answer(&request, entry, Status::Canceled, |_| ()));
    }
    let form = match asked.form {
        Some(form) => form,
        None if entry.questions.is_empty() => Form::default(),
        None => return Ok(answer(&request, entry, Status::Executing, |w| ask(w, entry))),
    };
    check(entry, &form)?;
    let call = Call { ctx: request.ctx.clone(), session: request.session.clone(), form };
    let outcome = (entry.run)(call).await?;
    if entry.is_audited {
        note_down(&request, entry, &outcome).await?;
    }
    Ok(answer(&request, entry, Status::Completed, |writer| tell(writer, entry, &outcome)))
}

fn answer(
    request: &Request,
    entry: &Entry,
    status: Status,
    content: impl FnOnce(&mut Writer),
) -> Stanza {
    request.result(|writer| command::write(writer, entry.node, status, content))
}

fn ask(writer: &mut Writer, entry: &Entry) {
    form::start(writer, "form", entry.form);
    for question in entry.questions {
        let Question { var, kind, label, is_required } = question;
        writer.start("field", ns::DATA);
        writer.attr("var", var);
        writer.attr("type", kind);
        writer.attr("label", label);
        if *is_required {
            writer.start("required", ns::DATA);
            writer.end();
        }
        writer.end();
    }
    writer.end();
}

fn tell(writer: &mut Writer, entry: &Entry, outcome: &Outcome) {
    if let Some(note) = &outcome.note {
        command::note(writer, note);
    }
    if outcome.fields.is_empty() && outcome.table.is_none() {
        return;
    }
    form::start(writer, "result", entry.form);
    for (var, kind, values) in &outcome.fields {
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        form::field(writer, var, kind, None, &values);
    }
    if let Some((columns, lines)) = &outcome.table {
        form::reported(writer, columns);
        for line in lines {
            let values =
                columns.iter().zip(line).map(|(column, value)| (column.var, value.as_str()));
            form::item(writer, values);
        }
    }
    if let Some(contacts) = &outcome.roster {
        writer.start("query", ns::ROSTER);
        for contact in contacts {
            writer.start("item", ns::ROSTER);
            writer.attr("jid", contact.as_str());
            writer.end();
        }
        writer.end();
    }
    writer.end();
}

/// A mistake in the form (XEP-0050 section 4.4).
pub(crate) fn bad(text: impl Into<String>) -> Refusal {
    let error = StanzaError::new(Condition::BadRequest).text(text);
    error.specific("bad-payload", ns::COMMANDS).into()
}

fn check(entry: &Entry, form: &Form) -> Result<(), Refusal> {
    for question in entry.questions.iter().filter(|question| question.is_required) {
        // A list may be emptied by naming nobody.
        let is_there = form.fields.iter().any(|field| field.var == question.var);
        let has_value = form.value(question.var).is_some_and(|value| !value.is_empty());
        if !is_there || (question.kind != "jid-multi" && !has_value) {
            return Err(bad(format!("{} is missing", question.var)));
        }
    }
    Ok(())
}

/// Who did what to whom: the log has numbers, the table names.
async fn note_down(
    request: &Request,
    entry: &'static Entry,
    outcome: &Outcome,
) -> Result<(), Refusal> {
    let account = request.session.account().0;
    let people = outcome.subjects.len();
    tracing::info!(target: "admin", command = entry.node, account, people, "an administrator's command");
    let subjects = outcome.subjects.iter().map(Jid::as_str).collect::<Vec<_>>().join("\n");
    let (by, at) = (request.session.user.jid.clone(), request.ctx.now());
    let write = move |tx: &mut skein_db::Tx<'_>| store::note(tx, &by, entry.node, &subjects, at);
    Ok(request.ctx.db.write(write).await?)
}

/// What stands in the audit, the newest first.
pub(crate) async fn audit(call: Call) -> Result<Outcome, Refusal> {
    let most = call.most()?;
    let lines = call.ctx.db.read(move |tx| store::audit(tx, most)).await?;
    Ok(Outcome { fields: vec![("audit", "text-multi", lines)], ..Outcome::default() })
}

impl Call {
    pub(crate) fn accounts(&self) -> Accounts {
        self.ctx.state::<Accounts>().clone()
    }

    /// How long a list may be.
    pub(crate) fn most(&self) -> Result<usize, Refusal> {
        match self.form.value("max_items").filter(|value| !value.is_empty() && *value != "none") {
            None => Ok(LISTED),
            Some(number) => {
                let number: usize = number.parse().map_err(|_| bad("max_items is no number"))?;
                Ok(number.min(LISTED))
            }
        }
    }

    /// A text of one or more lines.
    pub(crate) fn text(&self, var: &str) -> Result<String, Refusal> {
        let text = self.form.values(var).join("\n");
        if text.len() > TEXT_BYTES {
            return Err(bad("the text is too long"));
        }
        Ok(text)
    }

    /// The addresses of a field.
    pub(crate) fn addresses(&self, var: &str) -> Result<Vec<Jid>, Refusal> {
        let values = self.form.values(var).iter().filter(|value| !value.is_empty());
        let mut addresses: Vec<Jid> = Vec::new();
        for value in values {
            let jid = Jid::parse(value).map_err(|_| Condition::JidMalformed)?;
            if jid.local().is_none() || !self.ctx.serves(jid.domain()) {
                return Err(bad(format!("{jid} is no account of this server", jid = value)));
            }
            if !addresses.contains(&jid) {
                addresses.push(jid);
            }
        }
        if addresses.len() > SUBJECTS {
            return Err(bad("too many addresses at once"));
        }
        Ok(addresses)
    }

    /// The accounts of a field, all of which must exist.
    pub(crate) async fn people(&self, var: &str) -> Result<Vec<Account>, Refusal> {
        let mut people = Vec::new();
        for jid in self.addresses(var)? {
            let account = self.accounts().find(&jid).await?;
            people.push(account.ok_or_else(|| {
                StanzaError::new(Condition::ItemNotFound)
                    .text(format!("there is no {}", jid.as_str()))
            })?);
        }
        if people.is_empty() { Err(bad("nobody is named")) } else { Ok(people) }
    }
}

impl Outcome {
    /// Nothing to tell but that it is done.
    pub(crate) fn about(subjects: Vec<Jid>) -> Self {
        Self { subjects, ..Self::default() }
    }

    /// One field.
    pub(crate) fn field(var: &'static str, kind: &'static str, values: Vec<String>) -> Self {
        Self { fields: vec![(var, kind, values)], ..Self::default() }
    }
}

//! The ad-hoc commands of XEP-0401 (XEP-0050: one exchange each, nothing is kept
//! between its two steps).

use skein_accounts::{Accounts, Invite, InviteError, InviteKind, NewInvite, Role};
use skein_kernel::{Refusal, Request};
use skein_xml::Writer;
use skein_xmpp::command::{self, Asked, Status};
use skein_xmpp::form::{self, Form};
use skein_xmpp::{Condition, Jid, Stanza, StanzaError};

use crate::links::{landing_url, uri};

/// Section 5.1.
pub(crate) const INVITE: &str = "urn:xmpp:invite#invite";
/// Section 5.4.
pub(crate) const CREATE_ACCOUNT: &str = "urn:xmpp:invite#create-account";
/// The type of the form in an answer.
const INVITATION: &str = "urn:xmpp:invite#invitation";

/// Executes a command. Whether the asker may was asked before.
pub(crate) async fn execute(request: Request) -> Result<Stanza, Refusal> {
    let Asked { node, is_cancelled, form } = command::read(request.payload()?)?;
    if is_cancelled {
        return Ok(request.result(|writer| command::write(writer, &node, Status::Canceled, |_| ())));
    }
    if node == INVITE {
        return completed(&request, &node, contact(&request)).await;
    }
    match form {
        None => Ok(request.result(|writer| {
            command::write(writer, &node, Status::Executing, write_questions);
        })),
        Some(form) => completed(&request, &node, account(&request, &form)?).await,
    }
}

fn contact(request: &Request) -> NewInvite {
    NewInvite {
        kind: InviteKind::Contact,
        inviter: Some(request.session.account()),
        subscribe: true,
        role: Role::User,
        jid: request.session.user.jid.to_domain(),
        lifetime: None,
        uses: 1,
    }
}

fn account(request: &Request, form: &Form) -> Result<NewInvite, Refusal> {
    let username = form.value("username").filter(|name| !name.is_empty());
    let domain = request.session.user.jid.domain();
    let jid = Jid::from_parts(username, domain, None).map_err(|_| {
        StanzaError::new(Condition::BadRequest).text("that name has characters it cannot have")
    })?;
    let subscribe = matches!(form.value("roster-subscription"), Some("1" | "true"));
    Ok(NewInvite { kind: InviteKind::Account, subscribe, jid, ..contact(request) })
}

async fn completed(request: &Request, node: &str, new: NewInvite) -> Result<Stanza, Refusal> {
    let invite = request.ctx.state::<Accounts>().create_invite(new).await.map_err(|error| {
        let condition = match error {
            InviteError::Fault(fault) => return Refusal::Fault(fault),
            InviteError::TooMany => Condition::ResourceConstraint,
            InviteError::NameTaken => Condition::Conflict,
            InviteError::NotHere => Condition::ItemNotFound,
        };
        StanzaError::new(condition).text(error.to_string()).into()
    })?;
    let config = &request.ctx.config;
    let (uri, page) = (uri(config, &invite), landing_url(config, &invite));
    Ok(request.result(|writer| {
        command::write(writer, node, Status::Completed, |writer| {
            write_invitation(writer, &invite, &uri, &page);
        });
    }))
}

fn write_questions(writer: &mut Writer) {
    form::start(writer, "form", CREATE_ACCOUNT);
    form::field(writer, "username", "text-single", Some("Name (empty: they choose it)"), &[]);
    form::field(writer, "roster-subscription", "boolean", Some("Make us contacts"), &["1"]);
    writer.end();
}

fn write_invitation(writer: &mut Writer, invite: &Invite, uri: &str, page: &str) {
    form::start(writer, "result", INVITATION);
    form::field(writer, "uri", "text-single", Some("Link for chat programs"), &[uri]);
    form::field(writer, "landing-url", "text-single", Some("Link for browsers"), &[page]);
    let expire = skein_base::Timestamp::from_secs(invite.expires.secs()).to_string();
    form::field(writer, "expire", "text-single", Some("Good until"), &[&expire]);
    writer.end();
}

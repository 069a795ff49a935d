//! From the first byte of a connection to a bound resource (RFC 6120 sections 4 to 7,
//! XEP-0388, XEP-0386, XEP-0484, XEP-0198).
//!
//! [`Negotiation`] takes one [`Unit`] at a time and answers with bytes to send and,
//! where it cannot go on alone, a [`Demand`]: look something up, start TLS, bind.
//! The driver takes no further input until it has met the demand. Nothing here
//! waits, reads a clock or knows an account.

mod demand;
mod features;
mod login;
mod sasl1;
mod sasl2;

use std::sync::Arc;

use skein_base::Rng;
use skein_sasl::{Bindings, Offer};
use skein_xml::{Document, Element, Limits};
use skein_xmpp::{Condition, IqType, Jid, Kind, Stanza, StanzaError, StreamError, ns};

use crate::framing::{Framing, stream_id};
use crate::intake::{Opening, Unit};
use crate::management;

pub use demand::Demand;
pub use features::Announced;
use features::{Case, Stage};
use login::LoginState;
pub use login::{Bind, FastTokens, Login, UserAgent};

/// What is fixed for a connection before its first byte.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The domains that we serve; the first is the default.
    pub domains: Vec<String>,
    /// How elements are framed.
    pub framing: Framing,
    /// STARTTLS can be offered.
    pub can_start_tls: bool,
    /// Whether passwords may be asked for: inside TLS, or where the operator allows it.
    pub secure: bool,
    /// Channel-binding data of the TLS connection.
    pub bindings: Bindings,
    /// Accounts can be registered before login (XEP-0077).
    pub registers: bool,
    /// Invitations are honoured (XEP-0445).
    pub invites: bool,
    /// Namespaces that may stand in Bind 2's `<bind/>`.
    pub inline: Vec<&'static str>,
    /// Node and hash of what the server can do (XEP-0115 section 6.3).
    pub caps: (&'static str, String),
    /// Bounds of an element before login; that of its bytes is advertised (XEP-0478).
    pub before_login: Limits,
    /// Bounds of a stanza after login.
    pub after_login: Limits,
    /// SASL attempts on one stream.
    pub attempts: u8,
    /// What was announced on other connections for which the rest of this is the same, but for
    /// the framing, TLS and what it binds, and whether one can register.
    pub announced: Arc<Announced>,
}

/// Where the negotiation stands.
#[derive(Debug)]
enum State {
    /// A stream header is due.
    Opening,
    /// Before login.
    Stranger,
    /// In the middle of a SASL exchange.
    Login(Box<LoginState>),
    /// Logged in by SASL 1: the client opens the stream anew.
    Reopening(Box<Login>),
    /// Logged in; a resource is due.
    User(Box<Login>),
    /// A resource is bound: the stream goes on in [`crate::live`].
    Bound {
        /// Stream management was enabled or resumed with it.
        managed: bool,
    },
}

/// See the module.
#[derive(Debug)]
pub struct Negotiation {
    setup: Setup,
    state: State,
    offer: Offer,
    domain: String,
    failures: u8,
    out: Vec<u8>,
}

impl Negotiation {
    /// For a fresh connection.
    pub fn new(setup: Setup) -> Self {
        let offer = Offer::new(setup.secure, &setup.bindings);
        let domain = setup.domains.first().cloned().unwrap_or_default();
        Self { setup, state: State::Opening, offer, domain, failures: 0, out: Vec::new() }
    }

    /// Takes what is to be sent.
    pub fn output(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out)
    }

    /// Whether a resource is bound.
    pub const fn is_bound(&self) -> bool {
        matches!(self.state, State::Bound { .. })
    }

    /// Whether somebody is logged in.
    pub const fn is_logged_in(&self) -> bool {
        matches!(self.state, State::Reopening(_) | State::User(_) | State::Bound { .. })
    }

    /// Whether the next thing must be a stream header.
    pub const fn expects_header(&self) -> bool {
        matches!(self.state, State::Opening | State::Reopening(_))
    }

    /// The domain that the client chose.
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// The bounds for the next element.
    pub const fn limits(&self) -> Limits {
        if self.is_logged_in() { self.setup.after_login } else { self.setup.before_login }
    }

    /// Takes a header.
    ///
    /// # Errors
    /// The stream must end with this error.
    pub fn open(&mut self, opening: &Opening, rng: &dyn Rng) -> Result<(), StreamError> {
        let asked = opening.to.as_deref().map(skein_xmpp::jid::prepare_domain).transpose();
        let domain = match asked {
            Ok(None) => self.domain.clone(),
            Ok(Some(domain)) if self.setup.domains.iter().any(|own| *own == domain) => {
                domain.into_owned()
            }
            _ => {
                self.header(opening, rng);
                return Err(StreamError::new("host-unknown"));
            }
        };
        match std::mem::replace(&mut self.state, State::Stranger) {
            State::Opening => self.domain = domain,
            // N05: a login is for one domain and stays there.
            State::Reopening(login) if domain == self.domain => self.state = State::User(login),
            _ => {
                self.header(opening, rng);
                return Err(StreamError::new("invalid-xml"));
            }
        }
        self.header(opening, rng);
        self.features();
        Ok(())
    }

    fn header(&mut self, opening: &Opening, rng: &dyn Rng) {
        let to = opening.from.as_deref().and_then(|from| Jid::parse(from).ok());
        let from = self.domain.clone();
        self.setup.framing.write_header(&from, to.as_ref(), &stream_id(rng), &mut self.out);
    }

    fn features(&mut self) {
        let (setup, offer) = (&self.setup, &self.offer);
        let stage = match self.state {
            State::User(_) => Stage::LoggedIn,
            State::Bound { managed } => Stage::Bound { sm: !managed },
            _ => Stage::Stranger,
        };
        setup.announced.write(Case::of(setup, stage), &mut self.out, |out| {
            setup.framing.write_stream_element("features", out, |writer| match stage {
                Stage::LoggedIn => features::after_login(writer, setup),
                Stage::Bound { sm } => features::bound(writer, setup, sm),
                Stage::Stranger => features::before_login(writer, setup, offer),
            });
        });
    }

    /// Takes one unit of input that is no header.
    ///
    /// # Errors
    /// The stream must end with this error.
    pub fn take(&mut self, unit: &Unit<'_>) -> Result<Option<Demand>, StreamError> {
        match unit {
            Unit::Element(piece) => self.element(piece.root()),
            Unit::Close | Unit::Gone => Ok(Some(Demand::Closed)),
            Unit::More | Unit::Space | Unit::Header(_) => Ok(None),
        }
    }

    /// Takes an element.
    ///
    /// # Errors
    /// The stream must end with this error.
    pub fn element(&mut self, element: Element<'_>) -> Result<Option<Demand>, StreamError> {
        match std::mem::replace(&mut self.state, State::Stranger) {
            State::Stranger => self.stranger(element),
            State::Login(login) => self.login_goes_on(*login, element),
            State::User(login) => self.user(login, element),
            State::Opening | State::Reopening(_) | State::Bound { .. } => {
                Err(StreamError::new("bad-format"))
            }
        }
    }

    fn stranger(&mut self, element: Element<'_>) -> Result<Option<Demand>, StreamError> {
        match (element.name(), element.ns()) {
            ("starttls", ns::TLS) if self.setup.can_start_tls => {
                let proceed = b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
                self.setup.framing.write_element(proceed, &mut self.out);
                Ok(Some(Demand::StartTls))
            }
            ("auth", ns::SASL) => self.start_sasl1(element),
            ("authenticate", ns::SASL2) => self.start_sasl2(element),
            ("iq", ns::CLIENT) => self.before_login(element),
            ("resume" | "enable", ns::SM) => {
                let failed = management::failed("unexpected-request", None);
                self.setup.framing.write_element(&failed, &mut self.out);
                Ok(None)
            }
            ("response" | "abort", ns::SASL | ns::SASL2) => {
                Err(StreamError::new("policy-violation").text("no login is under way"))
            }
            _ => Err(StreamError::new("not-authorized")),
        }
    }

    /// XEP-0077 and XEP-0445: the only stanzas that a stranger may send. Also where nobody
    /// can register: then the answer says so (XEP-0077 section 3.1).
    fn before_login(&mut self, element: Element<'_>) -> Result<Option<Demand>, StreamError> {
        let Ok(stanza) = Stanza::read(element) else {
            return Err(StreamError::new("not-authorized"));
        };
        let allowed = stanza.children().any(|child| [ns::REGISTER, ns::PARS].contains(&child.ns()));
        let may = allowed && self.setup.secure && stanza.kind != Kind::Iq(IqType::Result);
        if may {
            Ok(Some(Demand::BeforeLogin(stanza)))
        } else {
            Err(StreamError::new("not-authorized"))
        }
    }

    fn user(
        &mut self,
        login: Box<Login>,
        element: Element<'_>,
    ) -> Result<Option<Demand>, StreamError> {
        let jid = login.jid.clone();
        match (element.name(), element.ns()) {
            ("iq", ns::CLIENT) => {
                let bind = Stanza::read(element).ok().filter(|iq| iq.kind == Kind::Iq(IqType::Set));
                let Some(iq) = bind.filter(|iq| iq.has("bind", ns::BIND)) else {
                    return Err(StreamError::new("not-authorized").text("bind a resource first"));
                };
                let asked =
                    iq.child("bind", ns::BIND).and_then(|bind| bind.child("resource", ns::BIND));
                let resource =
                    asked.map(|asked| asked.text().into_owned()).filter(|text| !text.is_empty());
                Ok(Some(Demand::Bind(Box::new(Bind::plain(*login, iq, resource)))))
            }
            ("resume", ns::SM) => {
                let h = element.attr("h").and_then(|h| h.parse().ok());
                let previd = element.attr("previd").unwrap_or_default().into_owned();
                self.state = State::User(login);
                match h {
                    Some(h) => Ok(Some(Demand::Resume { jid, previd, h })),
                    None => Err(StreamError::new("bad-format")),
                }
            }
            ("enable", ns::SM) => {
                self.state = State::User(login);
                let failed = management::failed("unexpected-request", None);
                self.setup.framing.write_element(&failed, &mut self.out);
                Ok(None)
            }
            ("auth" | "authenticate" | "response" | "abort", ns::SASL | ns::SASL2) => {
                Err(StreamError::new("policy-violation").text("somebody is logged in already"))
            }
            _ => Err(StreamError::new("not-authorized").text("bind a resource first")),
        }
    }

    /// TLS is on: the client opens the stream anew.
    pub fn encrypted(&mut self, bindings: Bindings) {
        self.setup.can_start_tls = false;
        self.setup.secure = true;
        self.setup.bindings = bindings;
        self.offer = Offer::new(true, &self.setup.bindings);
        self.state = State::Opening;
    }

    /// Answers a request that came before login.
    pub fn answered(&mut self, answer: Option<Stanza>) {
        if let Some(answer) = answer {
            self.setup.framing.write_stanza(&answer, &mut self.out);
        }
    }

    /// The session of the full address `jid` goes on; it has handled `h` stanzas.
    pub fn resumed(&mut self, jid: &Jid, previd: &str, h: u32) {
        let resumed = management::resumed(previd, h);
        match std::mem::replace(&mut self.state, State::Bound { managed: true }) {
            State::User(login) if login.via_sasl2() => {
                let success = Self::success_element(&login, Some(jid), |writer| {
                    if let Some(resumed) = parse(&resumed) {
                        writer.element(resumed.root());
                    }
                });
                // No features: the stream is what it was (XEP-0198 section 9.2).
                self.setup.framing.write_element(&success, &mut self.out);
            }
            _ => self.setup.framing.write_element(&resumed, &mut self.out),
        }
        self.setup.framing.write_address(jid, &mut self.out);
    }

    /// The session cannot be resumed; `h` is what was handled, if that is known exactly.
    /// Gives the next demand if the client asked for more in the same request.
    pub fn not_resumed(&mut self, condition: Condition, h: Option<u32>) -> Option<Demand> {
        let failed = management::failed(condition.name(), h);
        match std::mem::replace(&mut self.state, State::Stranger) {
            State::User(mut login) if login.via_sasl2() => {
                login.not_resumed = Some(failed);
                self.after_resumption(login)
            }
            state => {
                self.state = state;
                self.setup.framing.write_element(&failed, &mut self.out);
                None
            }
        }
    }

    /// A resource could not be bound: the client may ask for another.
    pub fn not_bound(&mut self, bind: Bind, error: &StanzaError) -> Result<(), StreamError> {
        let Some(iq) = &bind.iq else {
            return Err(StreamError::new("policy-violation").text("too many sessions"));
        };
        if let Some(answer) = iq.error(error) {
            self.setup.framing.write_stanza(&answer, &mut self.out);
        }
        self.state = State::User(Box::new(bind.login));
        Ok(())
    }

    /// A resource is bound. `enabled` answers an inline request for stream management.
    pub fn bound(&mut self, bind: &Bind, jid: &Jid, enabled: Option<Option<(&str, u64)>>) {
        self.state = State::Bound { managed: enabled.is_some() };
        if let Some(iq) = &bind.iq {
            let answer = iq.answer(Kind::Iq(IqType::Result)).with_content(|writer| {
                writer.start("bind", ns::BIND);
                writer.leaf("jid", ns::BIND, jid.as_str());
                writer.end();
            });
            self.setup.framing.write_stanza(&answer, &mut self.out);
            self.setup.framing.write_address(jid, &mut self.out);
            return;
        }
        let enabled = enabled.map(management::enabled);
        let not_resumed = bind.login.not_resumed.clone();
        let success = Self::success_element(&bind.login, Some(jid), |writer| {
            if let Some(failed) = not_resumed.as_deref().and_then(parse) {
                writer.element(failed.root());
            }
            writer.start("bound", ns::BIND2);
            if let Some(enabled) = enabled.as_deref().and_then(parse) {
                writer.element(enabled.root());
            }
            writer.end();
        });
        self.success(&success);
        self.setup.framing.write_address(jid, &mut self.out);
    }
}

/// An element of our own making, to be put into another.
fn parse(xml: &[u8]) -> Option<Document> {
    Document::parse(std::str::from_utf8(xml).ok()?, &Limits::kept()).ok()
}

//! Puts the features of one list together and checks that they fit.

use std::any::Any;
use std::sync::{Arc, OnceLock};

use skein_base::{Clock, Rng, Secret};
use skein_config::Config;
use skein_db::{Db, Migration, Sql};
use skein_session::{Bounds, Components, Sessions};
use skein_xmpp::form::{Field, Form};
use skein_xmpp::ns;

use crate::alarm::Alarm;
use crate::asks::Asks;
use crate::command::Command;
use crate::contracts::{Contracts, Directory, Discovery, IgnoreCapabilities, Provides};
use crate::counters::Counters;
use crate::ctx::Ctx;
use crate::event::Hearer;
use crate::exchange::Exchange;
use crate::feature::{Feature, Inline, Job, Spec};
use crate::host::Host;
use crate::iq::IqTable;
use crate::route::Route;
use crate::stage::Pipeline;

/// Why features do not fit together. The server refuses to start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ComposeError {
    /// Two features have one name.
    #[error("two features are called {0}")]
    SameName(&'static str),
    /// Two features answer the same request.
    #[error("{feature} answers {element} in {namespace}, and so does an earlier feature")]
    SameRequest {
        /// The later feature.
        feature: &'static str,
        /// The payload's namespace.
        namespace: &'static str,
        /// The payload's name.
        element: &'static str,
    },
    /// Two features answer under the same path.
    #[error("{0} answers at {1}, and so does an earlier feature")]
    SameRoute(&'static str, &'static str),
    /// Two features answer for one domain, or one for a domain of ours.
    #[error(
        "{0} answers for the domain {1}, and so does somebody else; change one of the two in the configuration"
    )]
    SameHost(&'static str, String),
    /// Two features have an ad-hoc command of one node.
    #[error("{0} has the command {1}, and so has an earlier feature")]
    SameCommand(&'static str, &'static str),
    /// Two features fulfil one contract.
    #[error("{0} fulfils a contract that an earlier feature fulfils")]
    SameContract(&'static str),
    /// No feature fulfils a contract.
    #[error("no feature fulfils the contract {0}")]
    MissingContract(&'static str),
}

/// What the programs hand to all features.
pub struct Platform {
    /// Settings.
    pub config: Arc<Config>,
    /// The store, migrated.
    pub db: Db,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Random bytes.
    pub rng: Arc<dyn Rng>,
    /// The server's secret.
    pub secret: Secret<[u8; 32]>,
    /// Which accounts exist.
    pub directory: Arc<dyn Directory>,
    /// Platform crates that know the kernel and are not known by it, such as accounts;
    /// handlers reach each by its type (`ctx.state::<T>()`).
    pub services: Vec<Arc<dyn Any + Send + Sync>>,
}

/// The features, put together.
pub struct Composed {
    /// What handlers reach.
    pub ctx: Arc<Ctx>,
    /// The stages.
    pub pipeline: Pipeline,
    /// Requests to us.
    pub iqs: IqTable,
    /// Who hears events.
    pub events: Vec<Hearer>,
    /// What may stand in Bind 2's `<bind/>`.
    pub inline: Vec<Inline>,
    /// Work to do every so often.
    pub jobs: Vec<Job>,
    /// Work to do when something is due.
    pub alarms: Vec<Alarm>,
    /// What is answered over HTTP.
    pub routes: Vec<Route>,
    /// What is answered over HTTP with content that flows.
    pub exchanges: Vec<Exchange>,
}

/// All migrations of `features`, in their order.
pub fn migrations(features: &[Feature]) -> Vec<Migration> {
    features.iter().flat_map(|feature| &feature.migrations).copied().collect()
}

/// All statements of `features`.
pub fn statements(features: &[Feature]) -> Vec<&'static Sql> {
    features.iter().flat_map(|feature| &feature.statements).copied().collect()
}

/// All specifications of `features`: name of the feature beside each.
pub fn specifications(features: &[Feature]) -> Vec<(&'static str, Spec)> {
    let each = |feature: &Feature| {
        feature.specs.iter().map(|spec| (feature.name, *spec)).collect::<Vec<_>>()
    };
    features.iter().flat_map(each).collect()
}

/// The features in their order: name, and what each does.
pub fn abouts(features: &[Feature]) -> Vec<(&'static str, &'static str)> {
    features.iter().map(|feature| (feature.name, feature.about)).collect()
}

/// The stages in the order in which a message meets them, with the features that handle
/// each.
pub fn order(features: &[Feature]) -> Vec<(&'static str, Vec<&'static str>)> {
    let handlers = |stage: &'static str| {
        let handles = |feature: &&Feature| feature.stages.iter().any(|own| own.name() == stage);
        (stage, features.iter().filter(handles).map(|feature| feature.name).collect())
    };
    crate::stage::NAMES.into_iter().map(handlers).collect()
}

/// Composes `features` in their order.
///
/// # Errors
/// Says which feature does not fit.
pub fn compose(features: Vec<Feature>, platform: Platform) -> Result<Composed, ComposeError> {
    let mut names = Vec::new();
    let mut provides = Provides::default();
    let mut pipeline = Pipeline::default();
    let mut iqs = IqTable::default();
    let (mut discovered, mut identities, mut commands) = (Vec::new(), Vec::new(), Vec::new());
    let (mut slots, mut events, mut inline, mut jobs) = (vec![], vec![], vec![], vec![]);
    let (mut alarms, mut followers) = (Vec::new(), Vec::new());
    let mut routes: Vec<Route> = Vec::new();
    let mut exchanges: Vec<Exchange> = Vec::new();
    let mut hosts: Vec<(Box<str>, Host)> = Vec::new();
    let services = platform.services.into_iter();
    let mut states: Vec<_> = services.map(|service| ((*service).type_id(), service)).collect();
    for feature in features {
        let name = feature.name;
        if names.contains(&name) {
            return Err(ComposeError::SameName(name));
        }
        names.push(name);
        for entry in feature.iqs {
            if !iqs.add(entry) {
                let (namespace, element) = (entry.namespace, entry.element);
                return Err(ComposeError::SameRequest { feature: name, namespace, element });
            }
        }
        for stage in feature.stages {
            pipeline.add(stage);
        }
        merge(&mut provides, feature.provides).ok_or(ComposeError::SameContract(name))?;
        discovered.extend(feature.discovered);
        identities.extend(feature.identities);
        for command in feature.commands {
            if commands.iter().any(|other: &Command| other.node == command.node) {
                return Err(ComposeError::SameCommand(name, command.node));
            }
            commands.push(command);
        }
        slots.extend(feature.slots);
        events.extend(feature.events);
        inline.extend(feature.inline);
        jobs.extend(feature.jobs);
        alarms.extend(feature.alarms);
        followers.extend(feature.followers);
        for route in feature.routes {
            let same = |other: &Route| other.method == route.method && other.prefix == route.prefix;
            if routes.iter().any(same) {
                return Err(ComposeError::SameRoute(name, route.prefix));
            }
            routes.push(route);
        }
        for exchange in feature.exchanges {
            if exchanges.iter().any(|other| other.prefix == exchange.prefix) {
                return Err(ComposeError::SameRoute(name, exchange.prefix));
            }
            exchanges.push(exchange);
        }
        for host in feature.hosts {
            for domain in (host.domains)(&platform.config) {
                let taken = hosts.iter().any(|(other, _)| **other == *domain);
                if taken || platform.config.domains.contains(&domain) {
                    return Err(ComposeError::SameHost(name, domain));
                }
                hosts.push((domain.into(), host));
            }
        }
        states.extend(feature.state.map(|state| ((*state).type_id(), state)));
    }
    let contracts = Contracts {
        directory: platform.directory,
        log: provides.log.ok_or(ComposeError::MissingContract("log"))?,
        memberships: provides.memberships,
        presence: provides.presence.ok_or(ComposeError::MissingContract("presence"))?,
        roster: provides.roster.ok_or(ComposeError::MissingContract("roster"))?,
        capabilities: provides.capabilities.unwrap_or_else(|| Arc::new(IgnoreCapabilities)),
        files: provides.files,
        hints: provides.hints,
        once: provides.once,
        invitations: provides.invitations,
        published: provides.published,
        followers,
        discovery: Arc::new(Discovery::new(discovered, identities, described(&platform.config))),
    };
    let ctx = Arc::new(Ctx {
        sessions: sessions(&platform.config.limits),
        components: Components::default(),
        config: platform.config,
        hosts,
        db: platform.db,
        clock: platform.clock,
        rng: platform.rng,
        secret: platform.secret,
        contracts,
        states,
        asks: Asks::default(),
        commands,
        end: OnceLock::new(),
        slots,
        counters: Counters::default(),
        route: OnceLock::new(),
    });
    Ok(Composed { ctx, pipeline, iqs, events, inline, jobs, alarms, routes, exchanges })
}

/// Whom to turn to (XEP-0157), and where to look when the server is away (XEP-0455).
fn described(config: &Config) -> Vec<Form> {
    let contact = &config.contact;
    let form = |form_type: &str, fields: &[(&str, &[String])]| {
        let given = fields.iter().filter(|(_, values)| !values.is_empty());
        let fields: Vec<Field> = given
            .map(|(var, values)| Field { var: (*var).to_owned(), values: values.to_vec() })
            .collect();
        let form_type = Some(form_type.to_owned());
        (!fields.is_empty()).then_some(Form { form_type, fields, cancelled: false })
    };
    let addresses = form(
        ns::SERVER_INFO,
        &[
            ("abuse-addresses", &contact.abuse),
            ("admin-addresses", &contact.admin),
            ("feedback-addresses", &contact.feedback),
            ("sales-addresses", &contact.sales),
            ("security-addresses", &contact.security),
            ("status-addresses", &contact.status),
            ("support-addresses", &contact.support),
        ],
    );
    let outage = form(ns::OUTAGE, &[("external-status-addresses", &contact.outage)]);
    addresses.into_iter().chain(outage).collect()
}

fn sessions(limits: &skein_config::Limits) -> Sessions {
    let narrow = |bound: usize| u32::try_from(bound).unwrap_or(u32::MAX);
    Sessions::new(limits.sessions_per_account).bounded(Bounds {
        bytes: narrow(limits.outbox_bytes),
        unacknowledged: narrow(limits.unacknowledged),
        unacknowledged_bytes: narrow(limits.unacknowledged_bytes),
    })
}

/// Adds what `more` fulfils; `None` if something is fulfilled already.
fn merge(provides: &mut Provides, more: Provides) -> Option<()> {
    fn one<T>(slot: &mut Option<T>, more: Option<T>) -> Option<()> {
        match (&slot, more) {
            (_, None) => Some(()),
            (Some(_), Some(_)) => None,
            (None, more) => {
                *slot = more;
                Some(())
            }
        }
    }
    one(&mut provides.capabilities, more.capabilities)?;
    one(&mut provides.files, more.files)?;
    one(&mut provides.hints, more.hints)?;
    one(&mut provides.once, more.once)?;
    one(&mut provides.invitations, more.invitations)?;
    one(&mut provides.log, more.log)?;
    one(&mut provides.memberships, more.memberships)?;
    one(&mut provides.presence, more.presence)?;
    one(&mut provides.published, more.published)?;
    one(&mut provides.roster, more.roster)
}

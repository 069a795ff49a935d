//! `skein serve`: puts the server together and runs it until it is told to stop.

mod jobs;
mod listen;
mod log;
mod platform;
mod resident;
mod shutdown;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use sd_notify::NotifyState;
use skein_accounts::Accounts;
use skein_base::{Clock, Fault, Secret, Timestamp};
use skein_config::{Config, Limits};
use skein_db::{Db, Migration, OpenError, Owner};
use skein_kernel::compose::{Platform, compose};
use skein_kernel::{Composed, Ending};
use skein_objects::Objects;
use skein_router::Router;
use skein_transport::Gate;
use skein_transport::acme::Challenges;
use skein_transport::connection::{Parts, Service, Silence};

use crate::folder::{self, Hold};
use crate::registrar::Features;
use crate::{features, operator};
use shutdown::Signals;

pub(crate) use listen::authority;
pub(crate) use platform::{SystemClock, SystemRng};

/// When what starting took is given back a second time.
const FIRST_JOBS: Duration = Duration::from_millis(300);

/// Runs the server. Exit status 1 if it cannot start or had to stop.
pub(crate) fn run(config: Config) -> ExitCode {
    let config = Arc::new(config);
    log::start(&config.log);
    for warning in config.warnings() {
        tracing::warn!(target: "config", "{warning}");
    }
    // Until the process ends: what the last tasks do is done while the folder is ours.
    let hold = match Hold::take(&config.data_dir) {
        Ok(hold) => hold,
        Err(fault) => return failed(&fault.to_string()),
    };
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = match runtime.enable_all().on_thread_park(resident::before_waiting).build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.to_string()),
    };
    let outcome = runtime.block_on(serve(config, &hold));
    // Tasks that still wait for a peer are not waited for.
    runtime.shutdown_background();
    match outcome {
        Ok(Ending::Stop) => ExitCode::SUCCESS,
        Ok(Ending::Restart) => {
            drop(hold);
            failed(&shutdown::start_anew().to_string())
        }
        Err(fault) => failed(&fault.to_string()),
    }
}

#[expect(clippy::print_stderr, reason = "the one place where the program says why it ends")]
fn failed(reason: &str) -> ExitCode {
    eprintln!("skein: {reason}");
    ExitCode::FAILURE
}

/// Opens the database of `config` with the tables of all features, and the accounts.
/// Makes the data folder if it is missing, for the server's user alone.
///
/// # Errors
/// Why it cannot be opened.
pub(crate) async fn open(config: &Arc<Config>) -> Result<(Db, Accounts), Fault> {
    folder::make(&config.data_dir)?;
    let db = Db::open(config.storage_url().expose(), &migrations(), Arc::new(SystemClock)).await;
    accounts(config, db).await
}

/// The same for the server itself, beside which no other may use the database.
async fn open_alone(config: &Arc<Config>) -> Result<(Db, Accounts), Fault> {
    folder::make(&config.data_dir)?;
    let (owner, url) = (Owner::this_process(), config.storage_url());
    let clock = Arc::new(SystemClock);
    accounts(config, Db::open_as(owner, url.expose(), &migrations(), clock).await).await
}

async fn accounts(
    config: &Arc<Config>,
    opened: Result<Db, OpenError>,
) -> Result<(Db, Accounts), Fault> {
    let db =
        opened.map_err(|error| Fault::because("opening the database (key storage.url)", error))?;
    let (clock, rng) = (Arc::new(SystemClock), Arc::new(SystemRng));
    let accounts = Accounts::open(db.clone(), config.clone(), clock, rng).await?;
    Ok((db, accounts))
}

/// All tables: those of the platform, then those of the features. The server's secret
/// lies in one of them, so the list is made without it here.
pub(crate) fn migrations() -> Vec<Migration> {
    let features = features::list(&Secret::new([0; 32]), &Limits::default(), Timestamp::default());
    let mut migrations = skein_session::store::MIGRATIONS.to_vec();
    migrations.extend(skein_kernel::compose::migrations(&features));
    migrations
}

async fn serve(config: Arc<Config>, hold: &Hold) -> Result<Ending, Fault> {
    let (db, accounts) = open_alone(&config).await?;
    let objects = config.objects.url.as_ref().map(skein_config::Url::expose);
    let objects = Objects::open(objects, &config.data_dir).await?;
    let composed = put_together(&config, &db, &accounts, objects)?;
    let router = Router::new(composed);
    let (tls, certificates) = listen::certificates(&config)?;
    let challenges = Arc::new(Challenges::default());
    // Before the listeners: a certificate that was had before is served from the first connection on.
    let acme = listen::acme(&config, &certificates, &challenges);
    let service = Service::new(Parts {
        registrar: Arc::new(Features { ctx: router.ctx().clone(), accounts: accounts.clone() }),
        router,
        accounts,
        tls: Arc::new(tls),
        gate: Gate::new(listen::admission(&config)),
        silence: Silence::default(),
        announced: Arc::default(),
        stopping: AtomicBool::new(false),
    });
    // What is taken up from here on must be put away again, however early the end comes.
    let signals = Signals::hear()?;
    shutdown::restore(&service).await?;
    jobs::catch_up(&service).await;
    jobs::start(&service, &certificates);
    listen::start(&service, &config, challenges).await?;
    if let Some(acme) = acme {
        // After the listeners: the authority looks for its proofs there.
        tokio::spawn(acme.run());
    }
    operator::listen(&service, hold).await?;
    operator::greet(&service).await?;
    let asked = shutdown::hear(service.ctx());
    let _ = sd_notify::notify(&[NotifyState::Ready]);
    resident::give_back_program();
    tokio::spawn(async {
        // Jobs have run for the first time by then.
        tokio::time::sleep(FIRST_JOBS).await;
        resident::give_back_program();
    });
    let ending = tokio::select! {
        () = signals.wait(&certificates) => Ending::Stop,
        ending = asked => ending,
        // Nothing can be written any more, so nothing is: the sessions are the other's.
        () = db.taken_over() => return Err(Fault::new("another server has taken over the database")),
    };
    let _ = sd_notify::notify(&[NotifyState::Stopping]);
    shutdown::stop(&service, &db).await;
    Ok(ending)
}

fn put_together(
    config: &Arc<Config>,
    db: &Db,
    accounts: &Accounts,
    objects: Objects,
) -> Result<Composed, Fault> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let secret = accounts.secret();
    let features = features::list(&secret, &config.limits, clock.now());
    let platform = Platform {
        config: config.clone(),
        db: db.clone(),
        clock,
        rng: Arc::new(SystemRng),
        secret,
        directory: Arc::new(accounts.clone()),
        services: vec![Arc::new(accounts.clone()), Arc::new(objects)],
    };
    compose(features, platform)
        .map_err(|error| Fault::because("putting the features together", error))
}

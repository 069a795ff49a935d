//! The files over HTTP: PUT, resumable uploads (tus 1.0), GET with ranges.
//!
//! An address with a secret is for whoever announced the file: PUT, POST, PATCH, HEAD and
//! DELETE. The one without is for readers: GET and HEAD. Anything else that is not there
//! gets the same 404, so that nobody learns what there was.

mod headers;
mod range;
mod read;
mod tus;
mod write;

use std::sync::Arc;

use skein_db::DbError;
use skein_kernel::Ctx;
use skein_kernel::exchange::{Call, Outcome};
use skein_objects::ObjectError;
use subtle::ConstantTimeEq as _;

use crate::address::{self, Named};
use crate::store::{self, File};

/// Why a request ends early.
pub(crate) enum End {
    /// With this answer.
    With(Outcome),
    /// Ours; the peer gets 500, or 507 if the disk is full.
    Object(ObjectError),
    /// Ours; the peer gets 500.
    Db(DbError),
}

impl From<ObjectError> for End {
    fn from(error: ObjectError) -> Self {
        Self::Object(error)
    }
}

impl From<DbError> for End {
    fn from(error: DbError) -> Self {
        Self::Db(error)
    }
}

/// Ends with a status.
pub(crate) const fn end(status: u16) -> End {
    End::With(Outcome::new(status))
}

/// Answers a request.
pub(crate) async fn answer(ctx: Arc<Ctx>, call: Call) -> Outcome {
    let is_tus = call.has("tus-resumable") || &*call.method == "OPTIONS";
    let outcome = match by_method(&ctx, call).await {
        Ok(outcome) | Err(End::With(outcome)) => outcome,
        Err(End::Object(ObjectError::Full)) => Outcome::new(507),
        Err(End::Object(error)) => {
            tracing::error!(target: "upload", %error, "a file was not served");
            Outcome::new(500)
        }
        Err(End::Db(error)) => {
            let fault = skein_base::Fault::from(error);
            tracing::error!(target: "upload", %fault, "a file was not served");
            Outcome::new(500)
        }
    };
    headers::all(outcome, is_tus)
}

async fn by_method(ctx: &Arc<Ctx>, call: Call) -> Result<Outcome, End> {
    if &*call.method == "OPTIONS" {
        return Ok(headers::options(&ctx.config));
    }
    let rest = call.rest.clone();
    let named = address::read(&rest).ok_or(end(404))?;
    let file = find(ctx, named).await?.ok_or(end(404))?;
    match (&*call.method, named.secret.is_some()) {
        ("PUT", true) => write::put(ctx, file, call).await,
        ("POST", true) => tus::create(&file, &call),
        ("PATCH", true) => tus::patch(ctx, file, call).await,
        ("HEAD", true) => tus::offset(ctx, file, call).await,
        ("DELETE", true) => tus::terminate(ctx, file, call).await,
        ("GET" | "HEAD", false) => read::read(ctx, file, call).await,
        (_, true) => Ok(Outcome::new(405).with("allow", "PUT, POST, PATCH, HEAD, DELETE, OPTIONS")),
        (_, false) => Ok(Outcome::new(405).with("allow", "GET, HEAD, OPTIONS")),
    }
}

/// The file, if the address is wholly right and its time is not over.
async fn find(ctx: &Ctx, named: Named<'_>) -> Result<Option<File>, DbError> {
    let id = named.id;
    let file = ctx.db.read(move |tx| store::file(tx, id)).await?;
    let is_right = |file: &File| {
        let secret = skein_base::rng::to_hex(&file.secret);
        let may = match named.secret {
            // A file that has come is there for readers.
            None => file.hash.is_some(),
            Some(given) => bool::from(secret.as_bytes().ct_eq(given.as_bytes())),
        };
        may && file.until > ctx.now() && address::escaped(&file.name) == named.name
    };
    Ok(file.filter(is_right))
}

//! BOSH at `/bosh` (XEP-0124, XEP-0206): finds the session of a request, or opens one.
//!
//! Each session is a task ([`session`]) that gets its requests through a short queue.

mod session;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use http::header::{self, HeaderValue};
use http::{Method, Request, StatusCode};
use hyper::body::Incoming;
use parking_lot::Mutex;
use skein_stream::bosh::{self, CONTENT_TYPE, Condition, REQUEST_BYTES, Via};
use skein_stream::framing::stream_id;
use tokio::sync::{mpsc, oneshot};

use crate::answer::{self, Answer};
use crate::asked::Asked;
use crate::connection::Line;
use crate::{Http, body};

pub(crate) const PATH: &str = "/bosh";
/// Sessions at a time. Those before login are bounded by the gate and those after it
/// by their accounts; this bounds the tasks of all together.
const SESSIONS: usize = 20_000;
/// Requests that may wait for a session to look at them: one client has no more than
/// two under way, and a third one that pauses or ends.
const QUEUE: usize = 4;

/// Where an answer goes.
type Waiter = oneshot::Sender<bosh::Answer>;

/// A request on its way to its session.
struct Arrival {
    request: bosh::Request,
    via: Via,
    bytes: usize,
    waiter: Waiter,
}

/// A session as the table knows it.
#[derive(Clone)]
struct Known {
    requests: mpsc::Sender<Arrival>,
    logged_in: Arc<AtomicBool>,
}

/// The sessions by `sid`.
#[derive(Default)]
pub(crate) struct Sessions(Mutex<HashMap<String, Known>>);

impl Sessions {
    pub(crate) fn count(&self) -> usize {
        self.0.lock().len()
    }
}

/// Answers a request to the path. Pages of any site may ask (XEP-0124 section 16):
/// there are no cookies that they could use, and a `sid` is not to be guessed.
pub(crate) async fn answer(
    http: &Http,
    line: &Line,
    asked: &Asked,
    request: Request<Incoming>,
) -> Answer {
    let answer = match *request.method() {
        Method::POST => post(http, line, asked, request.into_body()).await,
        Method::OPTIONS => preflight(),
        // JSONP is a GET; what it would answer, a browser would run.
        _ => answer::not_allowed("POST, OPTIONS"),
    };
    answer::for_all_origins(answer)
}

fn preflight() -> Answer {
    let mut answer = answer::status(StatusCode::OK);
    let headers = answer.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST, OPTIONS"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("Content-Type"));
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
    answer
}

async fn post(http: &Http, line: &Line, asked: &Asked, content: Incoming) -> Answer {
    let content = match body::read(content, REQUEST_BYTES).await {
        Ok(content) => content,
        Err(status) => return answer::status(status),
    };
    let request = match bosh::Request::parse(&content) {
        Ok(request) => request,
        Err(condition) => return refused(condition),
    };
    let via = Via { address: line.peer.ip(), secure: asked.https };
    let (waiter, answered) = oneshot::channel();
    let known = request.sid.as_ref().map(|sid| http.bosh().0.lock().get(sid).cloned());
    let arrival = Arrival { request, via, bytes: content.len(), waiter };
    let handed = match known {
        None => open(http, line, arrival),
        Some(None) => Err(Condition::ItemNotFound),
        Some(Some(known)) => {
            if known.logged_in.load(Ordering::Acquire) {
                // The connection is no stranger's.
                line.pass.lock().take();
            }
            known.requests.send(arrival).await.map_err(|_| Condition::ItemNotFound)
        }
    };
    if let Err(condition) = handed {
        return refused(condition);
    }
    match answered.await {
        Ok(answer) => render(answer),
        Err(_) => refused(Condition::ItemNotFound),
    }
}

/// Opens a session for a request that names none.
fn open(http: &Http, line: &Line, arrival: Arrival) -> Result<(), Condition> {
    let service = http.service();
    if service.is_stopping() {
        return Err(Condition::SystemShutdown);
    }
    let to = arrival.request.stream.to.as_deref().ok_or(Condition::ImproperAddressing)?;
    let domain = skein_xmpp::jid::prepare_domain(to).map_err(|_| Condition::HostUnknown)?;
    if !service.ctx().serves(&domain) {
        return Err(Condition::HostUnknown);
    }
    let pass = service
        .gate
        .enter(line.peer.ip(), Instant::now())
        .map_err(|_| Condition::PolicyViolation)?;
    let sid = stream_id(&*service.ctx().rng);
    let (requests, queue) = mpsc::channel(QUEUE);
    let logged_in = Arc::new(AtomicBool::new(false));
    {
        let mut sessions = http.bosh().0.lock();
        if sessions.len() >= SESSIONS {
            return Err(Condition::PolicyViolation);
        }
        sessions.insert(sid.clone(), Known { requests, logged_in: logged_in.clone() });
    }
    let session =
        session::Session::new(service.clone(), sid.clone(), line, pass, logged_in, arrival);
    let http = http.clone();
    tokio::spawn(async move {
        let end = session.run(queue).await;
        http.bosh().0.lock().remove(&sid);
        end.leave(http.service().clone()).await;
    });
    Ok(())
}

fn refused(condition: Condition) -> Answer {
    render(bosh::Answer::refusal(condition, false))
}

fn render(answer: bosh::Answer) -> Answer {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    answer::not_stored(answer::with(status, CONTENT_TYPE, answer.body.to_vec()))
}

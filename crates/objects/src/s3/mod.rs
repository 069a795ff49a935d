//! Blobs in a bucket of an S3 service, addressed by path: `https://HOST/BUCKET/abcdef…`.

mod address;
mod sign;

use std::fs::File;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use futures_util::stream;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use skein_base::Fault;

use crate::{Hash, Kept, ObjectError, Reading};

use address::Address;
use sign::{Moment, Signed};

/// How long the service may take to begin its answer.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often a request is made that failed for a reason that passes.
const ATTEMPTS: u32 = 3;
/// The pause before the second attempt; the next is twice as long.
const PAUSE: Duration = Duration::from_millis(200);
/// The SHA-256 of nothing.
const NOTHING: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

type Body = UnsyncBoxBody<Bytes, ObjectError>;

pub(crate) struct Bucket {
    address: Address,
    client: Client<HttpsConnector<HttpConnector>, Body>,
}

impl Bucket {
    pub(crate) fn open(url: &str) -> Result<Self, Fault> {
        let doing = "preparing the bucket (key objects.url)";
        let address = Address::read(url).map_err(|why| Fault::because(doing, why))?;
        let connector = hyper_rustls::HttpsConnectorBuilder::new()
            .with_provider_and_native_roots(rustls::crypto::aws_lc_rs::default_provider())
            .map_err(|error| Fault::because(doing, error))?
            .https_or_http()
            .enable_http1()
            .build();
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Ok(Self { address, client })
    }

    pub(crate) async fn keep(&self, file: &Path, kept: Kept) -> Result<(), ObjectError> {
        let file =
            File::open(file).map_err(|error| ObjectError::because("reading a draft", error))?;
        let file = Arc::new(file);
        let content = Content::File(file, kept.size);
        let answer = self.ask(Method::PUT, kept.hash, None, &content).await?;
        expect(answer, &[StatusCode::OK]).await.map(drop)
    }

    pub(crate) async fn read(
        &self,
        hash: Hash,
        bytes: Range<u64>,
    ) -> Result<Option<Reading>, ObjectError> {
        let range = format!("bytes={}-{}", bytes.start, bytes.end.saturating_sub(1));
        let range = (!bytes.is_empty()).then_some(range.as_str());
        let answer = self.ask(Method::GET, hash, range, &Content::Nothing).await?;
        if answer.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        let answer = expect(answer, &[StatusCode::PARTIAL_CONTENT, StatusCode::OK]).await?;
        if answer.status() == StatusCode::OK && bytes.start > 0 {
            return Err(Fault::new("the bucket's service knows no ranges").into());
        }
        Ok(Some(Reading::bucket(answer.into_body(), bytes.end - bytes.start)))
    }

    pub(crate) async fn remove(&self, hash: Hash) -> Result<(), ObjectError> {
        let answer = self.ask(Method::DELETE, hash, None, &Content::Nothing).await?;
        let fine = [StatusCode::NO_CONTENT, StatusCode::OK, StatusCode::NOT_FOUND];
        expect(answer, &fine).await.map(drop)
    }

    /// Asks, again if the service is out of order for the moment: all requests of ours
    /// have the same effect twice as once.
    async fn ask(
        &self,
        method: Method,
        hash: Hash,
        range: Option<&str>,
        content: &Content,
    ) -> Result<Response<Incoming>, ObjectError> {
        let mut attempt = 1;
        loop {
            let request = self.request(&method, hash, range, content)?;
            let answer = tokio::time::timeout(
                PATIENCE.max(content.patience()),
                self.client.request(request),
            );
            let failed = match answer.await {
                Ok(Ok(answer)) if !answer.status().is_server_error() => return Ok(answer),
                Ok(Ok(answer)) => answer.status().to_string(),
                Ok(Err(error)) => error.to_string(),
                Err(_) => "it does not answer".to_owned(),
            };
            if attempt == ATTEMPTS {
                return Err(Fault::because("asking the bucket", failed).into());
            }
            tokio::time::sleep(PAUSE * (1 << (attempt - 1))).await;
            attempt += 1;
        }
    }

    fn request(
        &self,
        method: &Method,
        hash: Hash,
        range: Option<&str>,
        content: &Content,
    ) -> Result<Request<Body>, ObjectError> {
        let address = &self.address;
        let path = format!("/{}/{hash}", address.bucket);
        let sum = match content {
            Content::Nothing => NOTHING.to_owned(),
            // What it is called is what it holds: the service checks it.
            Content::File(..) => hash.to_string(),
        };
        let signed = Signed {
            method: method.as_str(),
            host: &address.host,
            path: &path,
            sum: &sum,
            moment: Moment::of(SystemTime::now()),
        };
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}://{}{path}", address.scheme, address.host))
            .header(header::HOST, &address.host)
            .header("x-amz-content-sha256", &sum)
            .header("x-amz-date", signed.moment.full())
            .header(header::AUTHORIZATION, signed.authorization(address));
        if let Some(range) = range {
            request = request.header(header::RANGE, range);
        }
        if let Content::File(_, size) = content {
            request = request.header(header::CONTENT_LENGTH, *size);
        }
        let request = request.body(content.body());
        request.map_err(|error| Fault::because("asking the bucket", error).into())
    }
}

enum Content {
    Nothing,
    File(Arc<File>, u64),
}

impl Content {
    /// Time to send it at 256 KiB a second at least.
    fn patience(&self) -> Duration {
        match self {
            Self::Nothing => Duration::ZERO,
            Self::File(_, size) => PATIENCE + Duration::from_secs(size >> 18),
        }
    }

    fn body(&self) -> Body {
        match self {
            Self::Nothing => Full::default()
                .map_err(|never: std::convert::Infallible| match never {})
                .boxed_unsync(),
            Self::File(file, size) => {
                let reading = Reading::file(file.clone(), 0..*size);
                let pieces = stream::unfold(reading, |mut reading| async move {
                    let piece = reading.next().await.transpose()?;
                    Some((piece.map(Frame::data), reading))
                });
                StreamBody::new(pieces).boxed_unsync()
            }
        }
    }
}

/// The answer if it has one of these statuses; otherwise a fault with what the service says.
async fn expect(
    answer: Response<Incoming>,
    fine: &[StatusCode],
) -> Result<Response<Incoming>, ObjectError> {
    let status = answer.status();
    if fine.contains(&status) {
        return Ok(answer);
    }
    let text = http_body_util::Limited::new(answer.into_body(), 4096).collect().await;
    let text = text.map(|text| text.to_bytes()).unwrap_or_default();
    let code = String::from_utf8_lossy(&text);
    let code = code.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
    let code = code.map_or("", |(code, _)| code);
    if status == StatusCode::INSUFFICIENT_STORAGE || code == "QuotaExceeded" {
        return Err(ObjectError::Full);
    }
    Err(Fault::because("asking the bucket", format!("{status} {code}")).into())
}

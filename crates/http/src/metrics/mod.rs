//! `/metrics` for Prometheus, in the OpenMetrics text format.
//!
//! All label values are ours: whatever clients send, the number of series stays the
//! same (trust: A08).

mod process;

use std::fmt;

use http::{HeaderMap, StatusCode};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, EncodeGaugeValue, EncodeMetric, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::exemplar::Exemplar;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;
use skein_db::COMMIT_BUCKETS;
use skein_kernel::counters::Tally;

use crate::Http;
use crate::answer::{self, Answer};
use crate::connection::Line;

pub(crate) const PATH: &str = "/metrics";
const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// Headers by which proxies give themselves away.
const FORWARDED: [&str; 3] = ["forwarded", "via", "x-real-ip"];

/// Tells the numbers to those in `metrics.allow`. What came through a proxy comes from
/// who knows where, whatever the proxy's own address.
pub(crate) fn report(http: &Http, line: &Line, headers: &HeaderMap) -> Answer {
    let is_forwarded = |name: &str| FORWARDED.contains(&name) || name.starts_with("x-forwarded-");
    let allow = &http.service().ctx().config.metrics.allow;
    let allowed = allow.iter().any(|network| network.contains(line.peer.ip()));
    if !allowed || headers.keys().any(|name| is_forwarded(name.as_str())) {
        return answer::status(StatusCode::FORBIDDEN);
    }
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Server(http.clone())));
    registry.register_collector(Box::new(process::Process));
    let mut text = String::new();
    if encode(&mut text, &registry).is_err() {
        return answer::status(StatusCode::INTERNAL_SERVER_ERROR);
    }
    answer::not_stored(answer::with(StatusCode::OK, CONTENT_TYPE, text))
}

struct Server(Http);

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Server")
    }
}

impl Collector for Server {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let to = &mut encoder;
        let service = self.0.service();
        let ctx = service.ctx();
        let version = [("version", env!("CARGO_PKG_VERSION"))];
        let mut info =
            to.encode_descriptor("skein_build", "The running program", None, MetricType::Info)?;
        info.encode_info(&version.as_slice())?;
        let (users, sessions) = ctx.sessions.count();
        gauge(to, "skein_users", "Accounts in memory: connected or lately needed", users as u64)?;
        gauge(to, "skein_sessions", "Bound resources, connected or resumable", sessions as u64)?;
        let bosh = self.0.bosh().count() as u64;
        gauge(to, "skein_bosh_sessions", "BOSH sessions, before and after login", bosh)?;
        let strangers = u64::from(service.gate.strangers());
        gauge(
            to,
            "skein_connections_before_login",
            "Connections that are not logged in",
            strangers,
        )?;
        let (received, delivered) = ctx.counters.read();
        tally(to, "skein_stanzas_received", "Stanzas that clients sent", received)?;
        tally(
            to,
            "skein_stanzas_delivered",
            "Stanzas that the router put into outboxes",
            delivered,
        )?;
        storage(to, &ctx.db.metrics())
    }
}

fn storage(to: &mut DescriptorEncoder<'_>, metrics: &skein_db::Metrics) -> fmt::Result {
    counter(to, "skein_db_jobs", "Writes that were kept", metrics.jobs)?;
    counter(to, "skein_db_failed_jobs", "Writes that were not kept", metrics.failed_jobs)?;
    let isolated = metrics.isolated_batches;
    counter(
        to,
        "skein_db_isolated_batches",
        "Transactions that were taken apart over a failed write",
        isolated,
    )?;
    counter(to, "skein_db_reads", "Reads", metrics.reads)?;
    let bounds = COMMIT_BUCKETS.iter().map(|micros| *micros as f64 / 1e6).chain([f64::INFINITY]);
    let buckets: Vec<_> = bounds.zip(metrics.commit_buckets).collect();
    let help = "Time from COMMIT to durable";
    let mut encoder =
        to.encode_descriptor("skein_db_commit_seconds", help, None, MetricType::Histogram)?;
    let none: Option<&std::collections::HashMap<usize, Exemplar<NoLabelSet, f64>>> = None;
    encoder.encode_histogram(metrics.commit_micros as f64 / 1e6, metrics.batches, &buckets, none)
}

fn tally(to: &mut DescriptorEncoder<'_>, name: &str, help: &str, tally: Tally) -> fmt::Result {
    let mut encoder = to.encode_descriptor(name, help, None, MetricType::Counter)?;
    let kinds = [("message", tally.messages), ("presence", tally.presences), ("iq", tally.iqs)];
    for (kind, count) in kinds {
        let labels = [("kind", kind)];
        ConstCounter::new(count).encode(encoder.encode_family(&labels.as_slice())?)?;
    }
    Ok(())
}

fn counter(to: &mut DescriptorEncoder<'_>, name: &str, help: &str, value: u64) -> fmt::Result {
    ConstCounter::new(value).encode(to.encode_descriptor(name, help, None, MetricType::Counter)?)
}

fn gauge<N>(to: &mut DescriptorEncoder<'_>, name: &str, help: &str, value: N) -> fmt::Result
where
    N: EncodeGaugeValue,
{
    ConstGauge::new(value).encode(to.encode_descriptor(name, help, None, MetricType::Gauge)?)
}

"""What is measured, on which servers, and what Skein is to reach."""

from dataclasses import dataclass, field, replace

RELAY, SKEIN, SKEIN_POSTGRES = "relay", "skein", "skein-postgresql"
SILENT = ["ejabberd", "prosody"]
KEEPING = [SKEIN_POSTGRES, "ejabberd-postgresql", "prosody-archive"]
LOWER, HIGHER = "lower", "higher"
# What a goal is compared with where it is judged as a ratio: the best peer of the run, or the relay.
PEER = "peer"


@dataclass
class Figure:
    """One figure of a measure: its name in the generator's report, and which way is better."""

    name: str
    title: str
    better: str
    goal: float | None = None
    # What the best peer, or the relay, reached on the machine on which the goal was set.
    reference: float | None = None
    beside: str = PEER


def goal(figure, value, reference=None, beside=PEER):
    return replace(figure, goal=value, reference=reference, beside=beside)


@dataclass
class Measure:
    name: str
    title: str
    arguments: list[str]
    figures: list[Figure]
    servers: list[str]
    # Options that only Skein needs, where the peer is configured instead.
    skein: list[str] = field(default_factory=list)
    # Options that a quick run adds or replaces.
    quick: list[str] = field(default_factory=list)
    tls: str = "none"
    # Measured on a process that has just started.
    fresh: bool = False
    # Accounts that each round has for itself, from this number on; None: always the first ones.
    own_accounts: tuple[int, int] | None = None
    # Accounts that have to be there.
    accounts: int = 1_000
    # How stanzas lie on the connection: tcp, websocket or compact.
    binding: str = "tcp"


THROUGHPUT = Figure("delivered_per_s", "delivered/s", HIGHER)
CPU = Figure("server_cpu_ms_per_1000_messages", "CPU ms per 1,000", LOWER)
P50 = Figure("p50_ms", "p50 ms", LOWER)
P99 = Figure("p99_ms", "p99 ms", LOWER)
LOST = Figure("lost", "lost", LOWER, 0)
DOUBLED = Figure("doubled", "doubled", LOWER, 0)
DISORDER = Figure("out_of_order", "out of order", LOWER, 0)


SATURATED = ["pairs", "--pairs", "100", "--window", "4", "--duration", "10", "--warmup", "3"]
STEADY = ["pairs", "--pairs", "100", "--rate", "1000", "--duration", "15", "--warmup", "3"]
BRIEF = ["--duration", "3", "--warmup", "1"]
CORRECT = [LOST, DOUBLED, DISORDER]

MEASURES = [
    Measure(
        "pairs", "One-to-one, saturated, archive off", SATURATED,
        [goal(THROUGHPUT, 120_000, 20_700), goal(CPU, 6, 54.5), P50, P99, *CORRECT],
        [RELAY, SKEIN, *SILENT], skein=["--archive", "never"], quick=BRIEF),
    Measure(
        "pairs-ws", "One-to-one over WebSocket, saturated, archive off", SATURATED,
        [THROUGHPUT, CPU, P50, P99, *CORRECT],
        [SKEIN, *SILENT], skein=["--archive", "never"], quick=BRIEF, binding="websocket"),
    Measure(
        "pairs-1000", "One-to-one at 1,000 messages/s, archive off", STEADY,
        [THROUGHPUT, goal(CPU, 28, 14, RELAY), goal(P50, 0.07, 0.04, RELAY),
         goal(P99, 0.4, 0.12, RELAY), *CORRECT],
        [RELAY, SKEIN, *SILENT], skein=["--archive", "never"], quick=BRIEF),
    Measure(
        "pairs-tls", "One-to-one over TLS, saturated, archive off", SATURATED,
        [THROUGHPUT, goal(CPU, 8, 59.7), P50, P99, *CORRECT],
        [SKEIN, *SILENT], skein=["--archive", "never"], quick=BRIEF, tls="starttls"),
    Measure(
        "pairs-direct", "One-to-one over direct TLS, saturated, archive off", SATURATED,
        [THROUGHPUT, CPU, P50, P99, *CORRECT],
        [SKEIN], skein=["--archive", "never"], quick=BRIEF, tls="direct"),
    Measure(
        "pairs-compact", "The same in the compact binding", SATURATED,
        [THROUGHPUT, CPU, P50, P99, *CORRECT],
        [SKEIN], skein=["--archive", "never"], quick=BRIEF, tls="direct", binding="compact"),
    Measure(
        "pairs-sm", "One-to-one with stream management, saturated, archive off",
        [*SATURATED, "--sm"], [THROUGHPUT, CPU, P50, P99, *CORRECT],
        [SKEIN, *SILENT], skein=["--archive", "never"], quick=BRIEF),
    Measure(
        "archived", "One-to-one, saturated, archived", SATURATED,
        [goal(THROUGHPUT, 30_000, 3_078), goal(CPU, 25, 548), P50, P99, *CORRECT],
        [SKEIN, *KEEPING], skein=["--archive", "always"], quick=BRIEF),
    Measure(
        "archived-1000", "One-to-one at 1,000 messages/s, archived", STEADY,
        [THROUGHPUT, CPU, P50, goal(P99, 4, 9.5), *CORRECT],
        [SKEIN, *KEEPING], skein=["--archive", "always"], quick=BRIEF),
    Measure(
        "pages", "Archive, 50 messages a page, 10 readers",
        ["archive", "--users", "20", "--fill", "500", "--clients", "10", "--page", "50",
         "--duration", "10"],
        [Figure("pages_per_s", "pages/s", HIGHER, 5_000, 566),
         Figure("server_cpu_ms_per_page", "CPU ms a page", LOWER, 0.2, 2.6), P50, P99,
         Figure("fill_messages_per_s", "filling: messages/s", HIGHER),
         Figure("messages_per_page", "messages a page", HIGHER),
         Figure("errors", "errors", LOWER, 0), *CORRECT],
        [SKEIN, *KEEPING, "ejabberd-sqlite"],
        quick=["--fill", "150", "--duration", "3"], own_accounts=(400, 20)),
    Measure(
        "offline", "Messages to 20 people who are away",
        ["offline", "--messages", "4000"],
        [Figure("stored_per_s", "stored/s", HIGHER),
         Figure("server_cpu_ms_per_1000_stored", "CPU ms per 1,000 stored", LOWER),
         Figure("server_cpu_ms_per_1000_fetched", "CPU ms per 1,000 fetched", LOWER),
         *CORRECT, Figure("again_at_second_login", "again at second login", LOWER, 0)],
        [SKEIN, *SILENT, "ejabberd-postgresql"],
        quick=["--messages", "400"], own_accounts=(300, 24)),
    *[
        Measure(
            f"room-{occupants}", f"A room of {occupants:,}, one writes",
            ["rooms", "--occupants", str(occupants), "--window", str(window)],
            [Figure("stanzas_per_s", "stanzas/s", HIGHER, *rate),
             Figure("server_cpu_ms_per_1000_stanzas", "CPU ms per 1,000", LOWER, *cpu), P50, P99,
             Figure("all_joined_s", "all joined after s", LOWER, *joined),
             Figure("server_cpu_s_joining", "CPU s for the joining", LOWER), *CORRECT],
            [SKEIN, *SILENT], quick=BRIEF)
        for occupants, window, rate, cpu, joined in (
            (100, 4, (300_000, 77_700), (2.5, 18.9), ()),
            (1_000, 2, (300_000, 50_500), (3, 29.9), (4, 17.9)))
    ],
    Measure(
        "login", "Logging in", ["login", "--count", "10000", "--users", "1000"],
        [Figure("logins_per_s", "logins/s", HIGHER),
         Figure("server_cpu_ms_per_login", "CPU ms a login", LOWER, 0.15, 1.02),
         Figure("failed", "failed", LOWER, 0)],
        [RELAY, SKEIN, *SILENT], quick=["--count", "1000", "--users", "200"]),
    Measure(
        "login-tls", "Logging in over a full TLS handshake",
        ["login", "--count", "10000", "--users", "1000"],
        [Figure("logins_per_s", "logins/s", HIGHER),
         Figure("server_cpu_ms_per_login", "CPU ms a login", LOWER, 0.5, 1.27),
         Figure("failed", "failed", LOWER, 0)],
        [SKEIN, *SILENT], quick=["--count", "1000", "--users", "200"], tls="direct"),
    Measure(
        "reconnect", "A crowd is cut off and resumes by FAST while 50 pairs chat",
        ["reconnect", "--count", "15000"],
        [Figure("all_back_s", "all back after s", LOWER),
         Figure("server_cpu_ms_per_return", "CPU ms a return", LOWER),
         Figure("resumed", "resumed", HIGHER), Figure("failed", "failed", LOWER, 0),
         Figure("stayed_before_p99_ms", "those who stayed: p99 ms before", LOWER),
         Figure("stayed_meanwhile_p99_ms", "p99 ms meanwhile", LOWER), *CORRECT],
        [SKEIN], quick=["--count", "800"], accounts=15_100),
    Measure(
        "day", "A day of 500 people in two minutes",
        ["day", "--people", "500", "--minutes", "2"],
        [Figure("delivered_per_s", "delivered/s", HIGHER),
         Figure("server_cpu_ms_per_1000_stanzas", "CPU ms per 1,000", LOWER), P50, P99,
         Figure("rss_most_mib", "MiB at most", LOWER), Figure("errors", "errors", LOWER, 0),
         *CORRECT],
        [SKEIN, *KEEPING], quick=["--people", "100", "--minutes", "0.3"]),
    *[
        Measure(
            name, title, ["idle", "--count", str(count)],
            [Figure("rss_per_session_kib", "KiB a session", LOWER, *most),
             Figure("rss_before_mib", "MiB when empty", LOWER, 12, 15.8),
             Figure("rss_left_0_s_mib", "MiB as soon as they left", LOWER),
             Figure("rss_left_60_s_mib", "MiB a minute after they left", LOWER),
             Figure("rss_left_60_s_of_empty", "of the empty server's", LOWER, 1.1),
             Figure("failed", "failed", LOWER, 0), LOST],
            servers, quick=["--count", "1000", "--settle", "2", "--left", "10"], tls=tls, binding=binding,
            fresh=True, accounts=count)
        for name, title, count, most, servers, tls, binding in (
            ("idle", "10,000 idle sessions", 10_000, (2.5, 35.5), [RELAY, SKEIN, *SILENT], "none", "tcp"),
            ("idle-19000", "19,000 idle sessions", 19_000, (2.5, 35.5), [SKEIN, *SILENT], "none",
             "tcp"),
            ("idle-tls", "10,000 idle sessions over TLS", 10_000, (6, 48.5), [SKEIN, *SILENT],
             "direct", "tcp"),
            ("idle-ws", "10,000 idle sessions over WebSocket", 10_000, (3,), [SKEIN, *SILENT],
             "none", "websocket"),
        )
    ],
]

QUICK_ACCOUNTS = 1_000

"""Medians, ratios, the table on the screen and docs/performance.md."""

import platform
import statistics
from datetime import date
from pathlib import Path

from measures import LOWER, MEASURES, RELAY, SKEIN, SKEIN_POSTGRES
from servers import cores


def number(value):
    if value is None:
        return ""
    # Below that, three digits would become an exponent.
    if value >= 999.5:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value else "0"


def spread(values):
    """Median, and the range where there is more than one run."""
    median = number(statistics.median(values))
    if len(values) == 1 or min(values) == max(values):
        return median
    return f"{median} ({number(min(values))}–{number(max(values))})"


def best_peer(figure, columns):
    medians = {
        name: statistics.median(runs[figure.name])
        for name, runs in columns.items()
        if name not in (RELAY, SKEIN, SKEIN_POSTGRES) and runs.get(figure.name)
    }
    if not medians:
        return None, None
    pick = min if figure.better == LOWER else max
    name = pick(medians, key=medians.get)
    return name, medians[name]


def times(figure, ours, theirs):
    return shortly(ratio(figure, ours, theirs)) if ours and theirs else ""


def shortly(times_better):
    return f"{times_better:.2g}x" if times_better < 10 else f"{times_better:.0f}x"


def ratio(figure, ours, theirs):
    """How many times better ours is: below 1 is worse."""
    return theirs / ours if figure.better == LOWER else ours / theirs


def relative(figure, ours, peer, relay):
    """The goal as a ratio: as many times better as it was where it was set."""
    if figure.reference is None:
        return ""
    theirs = relay if figure.beside == RELAY else peer
    wanted = ratio(figure, figure.goal, figure.reference)
    said = f"≥ {shortly(wanted)} {figure.beside}"
    if not ours or not theirs:
        return f"{said}: not measured"
    return f"{said} {'yes' if ratio(figure, ours, theirs) >= wanted else 'NO'}"


def verdict(figure, ours):
    if figure.goal is None:
        return ""
    sign = "≤" if figure.better == LOWER else "≥"
    if ours is None:
        return f"{sign} {number(figure.goal)}"
    reached = ours <= figure.goal if figure.better == LOWER else ours >= figure.goal
    return f"{sign} {number(figure.goal)} {'yes' if reached else 'NO'}"


def table(measure, columns):
    """Lines of a Markdown table: a row a figure, a column a server."""
    names = [name for name in measure.servers if name in columns]
    head = ["", *names, "to best peer", "of the relay", "goal", "goal as a ratio"]
    rows = []
    for figure in measure.figures:
        if not any(columns[name].get(figure.name) for name in names):
            continue
        cells = [spread(columns[n][figure.name]) if columns[n].get(figure.name) else "" for n in names]
        ours = columns.get(SKEIN, {}).get(figure.name)
        ours = statistics.median(ours) if ours else None
        peer, theirs = best_peer(figure, columns)
        relay = columns.get(RELAY, {}).get(figure.name)
        relay = statistics.median(relay) if relay else None
        to_peer = times(figure, ours, theirs)
        to_relay = times(figure, ours, relay)
        rows.append([
            figure.title, *cells, f"{to_peer} {peer}" if to_peer else "", to_relay,
            verdict(figure, ours), relative(figure, ours, theirs, relay)])
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    lines = [[cell.ljust(width) for cell, width in zip(row, widths)] for row in [head, *rows]]
    lines.insert(1, ["-" * width for width in widths])
    return ["| " + " | ".join(line) + " |" for line in lines]


def machine():
    model = next(
        (line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")),
        platform.machine())
    memory = next(int(line.split()[1]) for line in open("/proc/meminfo") if line.startswith("MemTotal"))
    return f"{cores()} cores ({model}), {memory / 1024 / 1024:.0f} GiB, Linux {platform.release()}"


def show(results):
    for measure in MEASURES:
        if results.get(measure.name):
            print(f"\n{measure.title}")
            print("\n".join(table(measure, results[measure.name])), flush=True)


# What stands behind this in docs/performance.md is written by hand and kept.
HAND = "<!-- Written by hand from here on. -->"


def write(path, results, versions, command):
    """The page that is kept, with machine, versions and commands."""
    by_hand = path.read_text().partition(HAND)[2] if path.exists() else ""
    lines = [
        "# Performance", "",
        f"Measured on {date.today()}, written by `{command}`: every server in turn on each measure, medians with the range in brackets.",
        "The generator shares the machine with the server, so CPU for each message says more than messages a second.",
        "\"To best peer\" is how many times better Skein is than the better of the peers, \"of the relay\" the same against",
        "a program that only copies bytes: no server can do better. CPU is user and system time of the server's processes.",
        "\"Goal\" is the absolute figure, set on another machine; \"goal as a ratio\" says how many times better than the best peer that figure was",
        "where it was set (at 1,000 messages/s: than the relay), held against the best peer, or the relay, of this run.",
        "Bodies are 100 bytes; accounts 2i and 2i+1 write to each other; all sessions have sent presence.",
        "Skein logs in by SCRAM-SHA-256, since it keeps no passwords; the peers by PLAIN against passwords stored plainly, their cheapest.",
        "Only `skein` and `ejabberd-postgresql` flush a message to disk before they acknowledge it.", "",
        f"Machine: {machine()}.", "",
        *(f"* {name}: {version}" for name, version in versions.items()), ""]
    for measure in MEASURES:
        if results.get(measure.name):
            arguments = " ".join(measure.arguments)
            tls = f" --tls {measure.tls}" if measure.tls != "none" else ""
            binding = f" --binding {measure.binding}" if measure.binding != "tcp" else ""
            lines += [f"## {measure.title}", "", f"`skein-load {arguments}{tls}{binding}`", "",
                      *table(measure, results[measure.name]), ""]
    Path(path).write_text("\n".join([*lines, HAND]) + by_hand)

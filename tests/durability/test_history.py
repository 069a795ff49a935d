"""The checker is checked: it accepts a good history and catches each planted violation."""

import dataclasses

import pytest

from history import Acked, Bounced, History, Row, Send, Shown, check

pytestmark = pytest.mark.once


def good() -> History:
    """Alice sends bob four messages, the last without an outcome, and bob answers once."""
    history = History(dead={"a@h/1"})
    for number in range(4):
        history.events.append(Send("a@h/1", "b@h", f"m{number}", f"text {number}"))
        if number < 3:
            history.events.append(Acked("a@h/1", f"m{number}"))
    history.events += [Send("b@h/1", "a@h", "m0", "answer"), Acked("b@h/1", "m0")]
    sent = [("a@h", f"m{number}", f"text {number}") for number in range(4)] + [("b@h", "m0", "answer")]
    for account in ("a@h", "b@h"):
        history.archives[account] = [Row(f"{account}-{n}", *row) for n, row in enumerate(sent)]
        history.screens[f"{account}/1"] = [Shown(f"{account}-{n}", *row) for n, row in enumerate(sent) if row[0] != account]
    return history


def test_a_good_history_is_accepted_with_a_send_of_unknown_outcome_that_was_delivered():
    assert check(good()) == []


def test_a_send_of_unknown_outcome_may_be_lost_altogether():
    history = good()
    for account, rows in history.archives.items():
        history.archives[account] = [row for row in rows if row.id != "m3"]
    history.screens["b@h/1"] = history.screens["b@h/1"][:3]
    assert check(history) == []


def drop_row(history, account):
    del history.archives[account][1]


def drop_shown(history):
    del history.screens["b@h/1"][3]


def show_twice(history):
    history.screens["b@h/1"].append(dataclasses.replace(history.screens["b@h/1"][3], stanza_id="b@h-4"))


def archive_twice(history):
    history.archives["b@h"].append(dataclasses.replace(history.archives["b@h"][0], stanza_id="again"))


def use_an_id_twice(history):
    history.archives["a@h"][1] = dataclasses.replace(history.archives["a@h"][1], stanza_id="a@h-0")


def reorder_archive(history):
    rows = history.archives["b@h"]
    rows[0], rows[1] = rows[1], rows[0]


def reorder_screen(history):
    screen = history.screens["b@h/1"]
    screen[0], screen[1] = screen[1], screen[0]


def alter(history):
    history.archives["a@h"][2] = dataclasses.replace(history.archives["a@h"][2], text="other")


def alter_shown(history):
    history.screens["b@h/1"][2] = dataclasses.replace(history.screens["b@h/1"][2], text="other")


def invent(history):
    history.archives["b@h"].append(Row("new", "a@h", "m9", "never sent"))


def misdeliver(history):
    history.archives["c@h"] = [history.archives["b@h"][0]]


def bounce_delivered(history):
    history.events = [Bounced(event.device, event.id) if event == Acked("a@h/1", "m0") else event for event in history.events]


def bounce_acknowledged(history):
    history.events.append(Bounced("a@h/1", "m0"))


def forget_outcome(history):
    history.events.remove(Acked("b@h/1", "m0"))


def show_unarchived(history):
    history.screens["b@h/1"][3] = dataclasses.replace(history.screens["b@h/1"][3], stanza_id="nowhere")


@pytest.mark.parametrize("rule, plant", [
    ("L1", lambda history: drop_row(history, "a@h")),
    ("L1", lambda history: drop_row(history, "b@h")),
    ("L2", drop_shown),
    ("L3", show_twice),
    ("L4", archive_twice),
    ("L4", use_an_id_twice),
    ("L5", reorder_screen),
    ("L5", reorder_archive),
    ("L6", reorder_archive),
    ("L7", bounce_delivered),
    ("L7", bounce_acknowledged),
    ("L7", forget_outcome),
    ("L8", alter),
    ("L8", alter_shown),
    ("L8", invent),
    ("L8", misdeliver),
    ("L9", show_unarchived),
])
def test_a_planted_violation_is_caught(rule, plant):
    history = good()
    plant(history)
    assert any(violation.startswith(rule) for violation in check(history)), check(history)

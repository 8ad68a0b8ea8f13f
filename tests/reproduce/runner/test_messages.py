"""What a kernel sends is taken apart with care: what is no message of the protocol answers nobody."""

from __future__ import annotations

import pytest

from reproduce.runner.messages import (
    MOST_LEVELS,
    AnswerChannel,
    OutputChannel,
    UnguessableSession,
    _is_too_deep,
    read_part,
)


def nested(levels: int) -> object:
    value: object = 1
    for _ in range(levels):
        value = [value]
    return value


def checked(kinds, kind, content):
    return kinds[kind](content)


def test_the_ids_of_two_messages_have_nothing_in_common():
    session = UnguessableSession()
    ids = {session.msg_id for _ in range(100)}
    assert len(ids) == 100
    assert len({name[:6] for name in ids}) > 90


@pytest.mark.parametrize(
    ("part", "value"),
    [
        (b'{"a": NaN, "b": -Infinity}', {"a": "NaN", "b": "-Infinity"}),
        (b"[1e999, 1.5]", ["1e999", 1.5]),
        (b'"\xff"', "�"),
    ],
)
def test_what_json_does_not_know_becomes_text(part, value):
    assert read_part(part) == value


def test_an_answer_that_is_neither_good_nor_bad_is_bad():
    assert checked(AnswerChannel.kinds, "execute_reply", {"status": "aborted"})["status"] == "error"
    assert checked(AnswerChannel.kinds, "execute_reply", {"status": "ok", "payload": [5]}) == {"status": "ok"}


def test_fields_of_wrong_types_are_left_out_of_an_output():
    content = {
        "data": {"text/plain": 5, "image/png": "x", "application/json": {"a": 1}, "\x00": "x"},
        "metadata": 5,
        "transient": {"display_id": ["x"]},
    }
    shown = checked(OutputChannel.kinds, "display_data", content)
    assert shown["data"] == {"text/plain": "5", "image/png": "x", "application/json": {"a": 1}}
    assert (shown["metadata"], shown["transient"]) == ({}, {})


def test_an_error_keeps_what_is_text_of_it():
    content = {"ename": 5, "evalue": "bad", "traceback": ["a", 5]}
    assert checked(OutputChannel.kinds, "error", content) == {"ename": "", "evalue": "bad", "traceback": ["a"]}


@pytest.mark.parametrize("levels", [MOST_LEVELS - 2, MOST_LEVELS + 2])
def test_a_message_is_refused_when_it_is_too_deep(levels):

    assert _is_too_deep(nested(levels)) == (levels > MOST_LEVELS)

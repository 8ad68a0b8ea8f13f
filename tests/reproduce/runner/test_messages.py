"""What a kernel sends is taken apart with care: what is no message of the protocol answers nobody."""

from __future__ import annotations

import asyncio
import time
from queue import Empty

import pytest
import zmq
import zmq.asyncio
from jupyter_client.session import Session

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


def test_an_answer_that_came_while_something_was_sent_is_not_missed():
    asyncio.run(asyncio.wait_for(_answered_while_sending(), 30))


async def _answered_while_sending():
    session = Session(key=b"k")
    with zmq.asyncio.Context() as context:
        asks, answers = context.socket(zmq.DEALER), zmq.Context(context).socket(zmq.ROUTER)
        port = answers.bind_to_random_port("tcp://127.0.0.1")
        asks.connect(f"tcp://127.0.0.1:{port}")
        channel = AnswerChannel(asks, session)
        channel.send(session.msg("execute_request"))
        identity = answers.recv_multipart()[0]
        waiting = asyncio.ensure_future(channel.get_msg(timeout=None))
        await asyncio.sleep(0.1)
        session.send(answers, "execute_reply", {"status": "ok"}, ident=identity)
        # The answer is there before the loop looks; sending takes notice of it, and the loop is told nothing more.
        time.sleep(0.3)
        channel.send(session.msg("comm_msg"))
        message = await waiting
        answers.close(linger=0)
        asks.close(linger=0)
    assert message["msg_type"] == "execute_reply"


def test_whoever_waits_for_a_while_is_told_that_nothing_came():
    async def wait():
        with zmq.asyncio.Context() as context, context.socket(zmq.DEALER) as asks, pytest.raises(Empty):
            await AnswerChannel(asks, Session(key=b"k")).get_msg(timeout=0.05)

    asyncio.run(wait())

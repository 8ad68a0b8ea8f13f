"""Messages as files: each is read once and whole, whatever happens beside it."""

from __future__ import annotations

import json
import shutil
import threading
from pathlib import Path
from queue import Empty
from typing import Any

import pytest
from kombu import Connection, Exchange, Queue

from config.celery import app
from config.filesystem_broker import Channel, Transport

MESSAGES = 400


def open_channel(folder: Path) -> Channel:
    options = {
        "data_folder_in": str(folder / "queue"),
        "data_folder_out": str(folder / "queue"),
        "processed_folder": str(folder / "done"),
        "control_folder": str(folder / "control"),
    }
    return Connection("filesystem://", transport_options=options).channel()  # type: ignore[no-any-return]


def take(channel: Channel, queue: str = "celery") -> Any:  # noqa: ANN401 - a message
    try:
        return channel._get(queue)
    except Empty:
        return None


def test_the_service_uses_it_for_the_address_without_a_server() -> None:
    with app.connection_for_write("filesystem://") as connection:
        assert isinstance(connection.transport, Transport)


def test_each_message_is_read_once_and_whole_by_readers_that_do_not_wait(tmp_path: Path) -> None:
    is_written = threading.Event()
    taken: list[int] = []

    def read() -> None:
        channel = open_channel(tmp_path)
        while True:
            was_written = is_written.is_set()
            message = take(channel)
            if message is not None:
                taken.append(message["number"])
            elif was_written:
                return

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    writing = open_channel(tmp_path)
    for number in range(MESSAGES):
        writing._put("celery", {"number": number, "filler": "x" * 5000})
    is_written.set()
    for reader in readers:
        reader.join(60)
    assert sorted(taken) == list(range(MESSAGES))
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_messages_come_in_their_order_and_only_those_of_the_queue(tmp_path: Path) -> None:
    channel = open_channel(tmp_path)
    for number in range(3):
        channel._put("celery", {"number": number})
    channel._put("sweep", {"number": 9})
    assert [take(channel)["number"] for _ in range(3)] == [0, 1, 2]
    assert take(channel) is None
    assert take(channel, "sweep")["number"] == 9


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe"])
def test_a_message_that_cannot_be_read_is_dropped_and_the_next_is_taken(tmp_path: Path, content: bytes) -> None:
    channel = open_channel(tmp_path)
    channel._put("celery", {"number": 1})
    (tmp_path / "queue" / "0_broken.celery.msg").write_bytes(content)
    assert take(channel)["number"] == 1
    assert take(channel) is None


def test_directories_that_were_lost_are_made_again(tmp_path: Path) -> None:
    channel = open_channel(tmp_path / "broker")
    channel._put("celery", {"number": 1})
    shutil.rmtree(tmp_path / "broker")
    assert take(channel) is None
    channel._put("celery", {"number": 2})
    assert take(channel)["number"] == 2


def publish(connection: Connection, name: str = "runs") -> None:
    with connection.Producer() as producer:
        queue = Queue(name, Exchange(name), routing_key=name)
        producer.publish({"number": 1}, exchange=queue.exchange, routing_key=name, declare=[queue], retry=False)


def test_a_new_process_sends_though_the_directories_were_lost(tmp_path: Path) -> None:
    channel = open_channel(tmp_path)
    publish(channel.connection.client)
    shutil.rmtree(tmp_path)
    publish(open_channel(tmp_path).connection.client)
    assert take(open_channel(tmp_path), "runs") is not None


def test_a_process_that_has_sent_before_sends_though_the_directories_were_lost(tmp_path: Path) -> None:
    client = open_channel(tmp_path).connection.client
    for _ in range(2):
        publish(client)
        assert take(open_channel(tmp_path), "runs") is not None
        shutil.rmtree(tmp_path)


@pytest.mark.parametrize("left", ["", '[["runs", '])
def test_a_table_that_was_cut_short_is_written_anew(tmp_path: Path, left: str) -> None:
    # A process remembers what it has bound, so that each case has a name of its own.
    name = f"cut-{len(left)}"
    table = tmp_path / "control" / f"{name}.exchange"
    table.parent.mkdir()
    table.write_text(left)
    publish(open_channel(tmp_path).connection.client, name)
    assert take(open_channel(tmp_path), name) is not None
    assert [row[2] for row in json.loads(table.read_text())] == [name]

"""The asking program: `python -m builder.engines.kernel_asker CONNECTION_FILE SECONDS` asks a starting kernel.

A program of its own, so that what a stranger's kernel answers reaches nobody but a process that is thrown away, and so
that whoever only reuses environments need not import a kernel's client. On standard input comes a JSON list of
questions, {name, source, expression}; on standard output goes one JSON object a line: first what the kernel says it is
({"name": "info", "content": …}), if it is Python then each answer ({"name": …, "content": text of the expression}).
It is killed after the given seconds, also when nobody is left who would do it.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any, Final

import zmq
from jupyter_client.blocking.client import BlockingKernelClient

_MESSAGE_BYTES: Final = 4 * 2**20
_RECONNECT_MS: Final = 10


def main(connection_file: Path) -> None:
    """Ask the kernel and print what it answers."""
    questions = json.load(sys.stdin)
    client = BlockingKernelClient(connection_file=str(connection_file))
    client.load_connection_file()
    client.context.setsockopt(zmq.MAXMSGSIZE, _MESSAGE_BYTES)
    client.context.setsockopt(zmq.RECONNECT_IVL, _RECONNECT_MS)
    client.start_channels(iopub=False, stdin=False, hb=False, control=False)
    info = _answer(client, client.kernel_info())
    _tell("info", info)
    language = info.get("language_info")
    if not isinstance(language, dict) or language.get("name") != "python":
        return
    for question in questions:
        reply = _answer(client, _ask(client, question["source"], question["expression"]))
        if reply.get("status") != "ok":
            _tell(question["name"], None, f"{reply.get('ename')}: {reply.get('evalue')}")
            continue
        value = reply.get("user_expressions", {}).get(question["expression"], {})
        _tell(question["name"], value.get("data", {}).get("text/plain"))


def _ask(client: BlockingKernelClient, source: str, expression: str) -> str:
    wish = {expression: expression}
    asked = client.execute(source, store_history=False, user_expressions=wish, allow_stdin=False)
    return str(asked)


def _answer(client: BlockingKernelClient, asked: str) -> dict[str, Any]:
    while True:
        message = client.get_shell_msg(timeout=None)
        if message["parent_header"].get("msg_id") == asked and isinstance(message["content"], dict):
            return dict(message["content"])


def _tell(name: str, content: object, problem: str = "") -> None:
    sys.stdout.write(json.dumps({"name": name, "content": content, "problem": problem}) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    signal.alarm(int(sys.argv[2]))
    main(Path(sys.argv[1]))
    # What is still open is the kernel's; it ends with it.
    os._exit(0)

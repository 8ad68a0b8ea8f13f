"""What a kernel says, taken apart with care: any code of a notebook can say anything in its name."""

from __future__ import annotations

import json
import math
import uuid
from collections.abc import Callable
from queue import Empty
from typing import Any, Final

from jupyter_client.channels import AsyncZMQSocketChannel
from jupyter_client.session import Session

MOST_LEVELS: Final = 100
_MIME_CHARACTERS: Final = 255
_WORD_CHARACTERS: Final = 200
DISPLAYS: Final = frozenset({"display_data", "execute_result", "update_display_data"})
_LOOK_AGAIN_S: Final = 1.0
_Content = dict[str, Any]


class UnguessableSession(Session):
    """Gives no message a number: an id that could be guessed would let a cell answer for one that comes later."""

    @property
    def msg_id(self) -> str:
        """A new id."""
        return uuid.uuid4().hex


class _CheckedChannel(AsyncZMQSocketChannel):
    """Hands on what is a message of the protocol; for anything else, a message that answers nobody."""

    kinds: dict[str, Callable[[_Content], _Content | None]]

    async def _recv(self, **kwargs: Any) -> dict[str, Any]:  # type: ignore[override]  # noqa: ANN401 - as jupyter_client's own
        parts = await self.socket.recv_multipart(**kwargs)
        try:
            message = self.session.deserialize(self.session.feed_identities(parts)[1])
            return _checked(message, self.kinds) or _nobodys()
        except Exception:  # noqa: BLE001 - unsigned, sent twice, no JSON, too deep: it fails in every way there is
            return _nobodys()


def read_part(part: bytes) -> Any:  # noqa: ANN401 - any JSON
    """Read one part of a message. Numbers that JSON does not know become words, as ipykernel itself sends them."""
    return json.loads(part.decode("utf-8", "replace"), parse_float=_finite, parse_constant=str)


def _finite(text: str) -> float | str:
    number = float(text)
    return number if math.isfinite(number) else text


def _checked(message: dict[str, Any], kinds: dict[str, Callable[[_Content], _Content | None]]) -> dict[str, Any] | None:
    kind, content = message["msg_type"], message["content"]
    check = kinds.get(kind) if isinstance(kind, str) else None
    asker = message["parent_header"].get("msg_id")
    if check is None or not isinstance(content, dict) or not isinstance(asker, str | None):
        return None
    if any(_is_too_deep(part) for part in (content, message["parent_header"])):
        return None
    whole = check(content)
    return None if whole is None else {**message, "content": whole}


def _is_too_deep(part: object) -> bool:
    """Whether writing it down again could exhaust the stack."""
    level = [part]
    for _ in range(MOST_LEVELS):
        below: list[object] = []
        for node in level:
            if isinstance(node, dict):
                below += node.values()
            elif isinstance(node, list):
                below += node
        level = [node for node in below if isinstance(node, dict | list)]
        if not level:
            return False
    return True


def _nobodys() -> dict[str, Any]:
    return {"header": {}, "parent_header": {}, "msg_id": "", "msg_type": "", "content": {}, "metadata": {}}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _status(content: _Content) -> _Content | None:
    return {"execution_state": content["execution_state"]} if _text(content.get("execution_state")) else None


def _input(content: _Content) -> _Content:
    return {"execution_count": _count(content.get("execution_count"))}


def _stream(content: _Content) -> _Content:
    return {"name": _text(content.get("name"))[:_WORD_CHARACTERS] or "stdout", "text": _text(content.get("text"))}


def _error(content: _Content) -> _Content:
    frames = content.get("traceback")
    return {
        "ename": _text(content.get("ename")),
        "evalue": _text(content.get("evalue")),
        "traceback": [frame for frame in frames if isinstance(frame, str)] if isinstance(frames, list) else [],
    }


def _display(content: _Content) -> _Content:
    data = {
        mime: _of_mime(mime, value)
        for mime, value in _object(content.get("data")).items()
        if len(mime) <= _MIME_CHARACTERS and mime.isprintable()
    }
    display_id = _object(content.get("transient")).get("display_id")
    return {
        "data": data,
        "metadata": _object(content.get("metadata")),
        "transient": {"display_id": display_id} if isinstance(display_id, str) else {},
    }


def _of_mime(mime: str, value: object) -> object:
    """A text, or any JSON where the type is one of JSON; what is neither becomes its JSON as text."""
    is_json = mime == "application/json" or mime.endswith("+json")
    is_text = isinstance(value, str) or (isinstance(value, list) and all(isinstance(line, str) for line in value))
    return value if is_json or is_text else json.dumps(value)


def _result(content: _Content) -> _Content:
    return {**_display(content), **_input(content)}


def _clear(content: _Content) -> _Content:
    return {"wait": bool(content.get("wait"))}


def _comm(content: _Content) -> _Content | None:
    if not _text(content.get("comm_id")):
        return None
    target = _text(content.get("target_name"))
    return {"comm_id": content["comm_id"], "data": _object(content.get("data")), "target_name": target}


def _reply(content: _Content) -> _Content:
    """How the cell ended. A kernel that did not run it, for whatever reason, did not run it well."""
    if content.get("status") == "ok":
        return {"status": "ok"}
    if content.get("status") == "error":
        return {"status": "error", **_error(content)}
    return {"status": "error", "ename": "NotExecuted", "evalue": "the kernel did not run the cell", "traceback": []}


def _info(content: _Content) -> _Content:
    words = _object(content.get("language_info"))
    modes = _object(words.get("codemirror_mode"))
    kept: dict[str, Any] = {"name": "unknown", **_short_words(words)}
    return {"language_info": {**kept, **({"codemirror_mode": _short_words(modes)} if modes else {})}}


def _short_words(words: dict[str, Any]) -> dict[str, Any]:
    found = {}
    for name, value in words.items():
        is_word = isinstance(value, str) and len(value) <= _WORD_CHARACTERS
        if len(name) <= _WORD_CHARACTERS and (is_word or isinstance(value, bool | int)):
            found[name] = value
    return found


class OutputChannel(_CheckedChannel):
    """What the kernel shows, to everybody who listens."""

    kinds = {
        "status": _status,
        "execute_input": _input,
        "stream": _stream,
        "error": _error,
        "display_data": _display,
        "update_display_data": _display,
        "execute_result": _result,
        "clear_output": _clear,
        "comm_open": _comm,
        "comm_msg": _comm,
        "comm_close": _comm,
    }


class AnswerChannel(_CheckedChannel):
    """What the kernel answers to whoever asked."""

    kinds = {"execute_reply": _reply, "kernel_info_reply": _info}

    async def get_msg(self, timeout: float | None = None) -> dict[str, Any]:  # type: ignore[override]
        """Return the next message. Raises queue.Empty after so many seconds, where it is said how many.

        ZeroMQ tells only once that something has come, and sending on the same socket, as nbclient does for widgets of
        outputs, may take that word away from whoever waits: so the socket itself is looked at now and then.
        """
        while True:
            try:
                return await super().get_msg(_LOOK_AGAIN_S if timeout is None else timeout)
            except Empty:
                if timeout is not None:
                    raise

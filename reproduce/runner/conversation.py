"""nbclient's conversation with a kernel, one cell after the other, for kernels that may lie about where they are."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from jupyter_core.utils import run_sync
from nbclient.exceptions import CellExecutionComplete
from nbformat import NotebookNode
from papermill.clientwrap import PapermillNotebookClient

from reproduce.runner.messages import DISPLAYS
from reproduce.runner.notebook import BLOCK

_ASK_AFTER_S: Final = 1.0
_ASK_AT_MOST_EVERY_S: Final = 30.0


class MessagesLostError(Exception):
    """The kernel is past the cell, but the end of the cell's messages never came: they were more than it could send."""


class DoubtfulNotebookClient(PapermillNotebookClient):  # type: ignore[misc]  # papermill is untyped
    """papermill's client, which takes a cell for ended only when the kernel has both answered and fallen idle.

    An idle alone ends no cell, so that whatever the cell does afterwards is still its own; an answer alone does not
    either. No message counts but those that name the cell under way, whose id cannot be known before it starts.
    """

    async def async_execute_cell(self, cell: NotebookNode, cell_index: int, **kwargs: Any) -> NotebookNode:  # noqa: ANN401
        """Execute one cell. Raises MessagesLostError."""
        self._is_idle = False
        self._is_past = False
        self._news = asyncio.Event()
        self._questions: set[str] = set()
        executed: NotebookNode = await super().async_execute_cell(cell, cell_index, **kwargs)
        return executed

    async def _async_poll_output_msg(self, parent_msg_id: str, cell: NotebookNode, cell_index: int) -> None:
        """File the messages of the cell until cancelled."""
        while True:
            msg = await self.kc.iopub_channel.get_msg(timeout=None)
            asker = msg["parent_header"].get("msg_id")
            if asker == parent_msg_id:
                try:
                    self.process_message(msg, cell, cell_index)
                except CellExecutionComplete:
                    self._is_idle = True
                    self._news.set()
            elif asker in self._questions:
                self._is_past = True
                self._news.set()

    async def _async_poll_for_reply(
        self,
        msg_id: str,
        cell: NotebookNode,  # noqa: ARG002 - nbclient's signature
        timeout: int | None,  # noqa: ARG002 - likewise; the guard keeps the clock
        task_poll_output_msg: asyncio.Future[Any],
        task_poll_kernel_alive: asyncio.Future[Any],
    ) -> dict[str, Any]:
        """Return the kernel's answer when the cell's messages are complete."""
        reply = asyncio.ensure_future(self._reply_to(msg_id))
        try:
            await _wait_for(reply, task_poll_output_msg)
            await self._until_idle(task_poll_output_msg)
            return reply.result()
        finally:
            for task in (reply, task_poll_output_msg, task_poll_kernel_alive):
                task.cancel()

    async def _reply_to(self, msg_id: str) -> dict[str, Any]:
        while True:
            msg: dict[str, Any] = await self.kc.shell_channel.get_msg(timeout=None)
            if msg["parent_header"].get("msg_id") == msg_id and msg["msg_type"] == "execute_reply":
                return msg

    async def _until_idle(self, outputs: asyncio.Future[Any]) -> None:
        """Return when the kernel has fallen idle after the cell; ask it something else when that takes long.

        A kernel still at the cell, whatever it answered, does not get to the question: then the clock decides.
        """
        wait_s = _ASK_AFTER_S
        while not self._is_idle:
            news = asyncio.ensure_future(self._news.wait())
            try:
                await _wait_for(news, outputs, wait_s)
            finally:
                news.cancel()
            if self._is_past and not self._is_idle:
                raise MessagesLostError
            if not self._is_idle:
                self._questions.add(self.kc.kernel_info())
                wait_s = min(2 * wait_s, _ASK_AT_MOST_EVERY_S)

    async def async_wait_for_reply(self, msg_id: str, cell: NotebookNode | None = None) -> dict[str, Any] | None:
        """Return what the kernel says of itself, and nothing else that claims to be an answer."""
        while True:
            msg: dict[str, Any] | None = await super().async_wait_for_reply(msg_id, cell)
            if msg is None or msg["msg_type"] == "kernel_info_reply":
                return msg

    wait_for_reply = run_sync(async_wait_for_reply)

    def places_of(self, msg: dict[str, Any]) -> int:
        """In how many outputs the content of a message will stand."""
        return max(1, sum(map(len, self._places(msg).values())))

    def process_message(self, msg: dict[str, Any], cell: NotebookNode, cell_index: int) -> NotebookNode | None:
        """File the message; a cell that is over and whose output it changes names the cell that did it."""
        for index, outputs in self._places(msg).items():
            if index != cell_index and outputs:
                changed_by = self.nb.cells[index].metadata[BLOCK].setdefault("updated_by", [])
                if cell.id not in changed_by:
                    changed_by.append(cell.id)
        output: NotebookNode | None = super().process_message(msg, cell, cell_index)
        return output

    def _places(self, msg: dict[str, Any]) -> dict[int, list[int]]:
        if msg["msg_type"] not in DISPLAYS:
            return {}
        places: dict[int, list[int]] = self._display_id_map.get(msg["content"]["transient"].get("display_id"), {})
        return places


async def _wait_for(wanted: asyncio.Future[Any], other: asyncio.Future[Any], timeout_s: float | None = None) -> None:
    """Wait for one; raise what the other, which never ends by itself, fails with."""
    await asyncio.wait({wanted, other}, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
    if other.done():
        other.result()

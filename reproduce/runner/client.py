"""papermill's client of a confined kernel: woken at once when the kernel ends, counting what it is sent."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from contextlib import suppress
from typing import Any, Final

import zmq
import zmq.asyncio
from jupyter_core.utils import run_sync
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode
from zmq.utils.monitor import parse_monitor_message

from reproduce.runner.connected import Connected
from reproduce.runner.conversation import DoubtfulNotebookClient
from reproduce.runner.guard import Guard
from reproduce.runner.job import Job
from reproduce.runner.notebook import is_to_run
from reproduce.runner.progress import CellProgress
from reproduce.runner.quantities import bytes_words

# Between the end of a kernel's sockets and the guard's noticing that the kernel itself has ended.
_DYING_S: Final = 0.5
_OUTPUT_EVENTS_PER_CELL: Final = 50
# What nbclient's stand-in for an output widget fails with when any code of a notebook speaks for one.
_OF_NO_WIDGET: Final = (AssertionError, AttributeError, LookupError, TypeError, ValueError, RecursionError)


class ConfinedNotebookClient(DoubtfulNotebookClient):
    """papermill's client, woken by the guard at once when the kernel ends, and counting what it is sent."""

    def __init__(self, progress: CellProgress, connected: Connected, guard: Guard, job: Job) -> None:
        # nbclient takes care of no limit: the guard does, because it also sees what sends no message.
        super().__init__(
            progress,
            km=connected.manager,
            timeout=None,
            shell_timeout_interval=1,
            store_widget_state=False,
            record_timing=False,
            log=_silent_log(),
        )
        self._connected = connected
        self._guard = guard
        self._limit_bytes = job.limits.output_bytes
        self._most_messages = job.limits.messages
        self._received_bytes = 0
        self._received_messages = 0
        self._events_of_cell = 0
        self._monitors: list[zmq.asyncio.Socket] = []

    async def async_start_new_kernel_client(self) -> Any:  # noqa: ANN401 - a kernel client
        """Return when the kernel has answered on both channels that matter."""
        await self._connected.wait_until_ready()
        self.kc = self._connected.client
        for channel in (self.kc.iopub_channel, self.kc.shell_channel):
            events = zmq.EVENT_DISCONNECTED | zmq.EVENT_HANDSHAKE_SUCCEEDED
            self._monitors.append(channel.socket.get_monitor_socket(events))
        return self.kc

    start_new_kernel_client = run_sync(async_start_new_kernel_client)

    async def async_execute_cell(self, cell: NotebookNode, cell_index: int, **kwargs: Any) -> NotebookNode:  # noqa: ANN401
        """Execute one cell, or raise DeadKernelError as soon as the guard knows that the kernel has ended."""
        if self._guard.has_ended.is_set():
            self.nb_man.failed_cell = cell
            raise DeadKernelError("Kernel died")
        loop = asyncio.get_running_loop()
        self._events_of_cell = 0
        self._guard.cell_started()
        execution: asyncio.Future[NotebookNode] = asyncio.ensure_future(
            super().async_execute_cell(cell, cell_index, **kwargs)
        )
        watches = [asyncio.ensure_future(self._watch_connection(monitor)) for monitor in self._monitors]
        self._guard.wake_with(lambda: loop.call_soon_threadsafe(self._kernel_ended, execution))
        try:
            executed = await execution
            if self._guard.breach is not None:
                raise DeadKernelError("Kernel died")
            return executed
        except asyncio.CancelledError:
            self.nb_man.failed_cell = cell
            raise DeadKernelError("Kernel died") from None
        except Exception:
            self.nb_man.failed_cell = cell
            raise
        finally:
            self._guard.wake_with(None)
            self._guard.cell_ended()
            for watch in watches:
                watch.cancel()

    execute_cell = run_sync(async_execute_cell)

    async def _watch_connection(self, monitor: zmq.asyncio.Socket) -> None:
        """Stop the run when a living kernel is cut off.

        Our socket refuses a message beyond all limits, and then connects anew; a kernel that closed its own does not
        answer to that.
        """
        await monitor.recv_multipart()
        is_back = False
        with suppress(TimeoutError):
            async with asyncio.timeout(_DYING_S):
                while not is_back:
                    event = parse_monitor_message(await monitor.recv_multipart())["event"]
                    is_back = event == zmq.EVENT_HANDSHAKE_SUCCEEDED
        await asyncio.sleep(_DYING_S if is_back else 0)
        if self._guard.has_ended.is_set() or not self._guard.has_processes():
            return
        if is_back:
            self._stop(bytes_words(self._limit_bytes))
        else:
            self._guard.stop("kernel-died", "", "it closed its connection")

    def disconnect(self) -> None:
        """Close the sockets without waiting for what was not sent."""
        for monitor in self._monitors:
            monitor.close(linger=0)
        self._connected.close()

    @staticmethod
    def _kernel_ended(execution: asyncio.Future[NotebookNode]) -> None:
        execution.cancel()

    def process_message(self, msg: dict[str, Any], cell: NotebookNode, cell_index: int) -> NotebookNode | None:
        """Count the message against the limit of outputs, tell of it, and let nbclient file it."""
        kind = msg["msg_type"]
        self.nb_man.has_begun = True
        if kind in ("status", "execute_input"):
            return self._file(msg, cell, cell_index)
        if self._guard.breach is not None:
            return None
        self._received_messages += 1
        room = self._limit_bytes - self._received_bytes
        size = _size(msg["content"]) * self.places_of(msg)
        self._received_bytes += size
        if size > room:
            self._stop(bytes_words(self._limit_bytes))
            if kind != "stream":
                return None
            msg["content"]["text"] = msg["content"]["text"][:room]
        elif self._received_messages > self._most_messages:
            self._stop(f"{self._most_messages} messages")
        self._tell(kind, msg["content"], cell)
        return self._file(msg, cell, cell_index)

    def reset_execution_trackers(self) -> None:
        """Begin anew; an output widget may write its state although none is stored."""
        super().reset_execution_trackers()
        self.widget_state: dict[str, dict[str, Any]] = defaultdict(dict)

    def output(
        self, outs: list[NotebookNode], msg: dict[str, Any], display_id: str | None, cell_index: int
    ) -> NotebookNode | None:
        """File an output; what a widget that is none was to capture is lost."""
        output: NotebookNode | None = None
        with suppress(*_OF_NO_WIDGET):
            output = super().output(outs, msg, display_id, cell_index)
        return output

    def clear_output(self, outs: list[NotebookNode], msg: dict[str, Any], cell_index: int) -> None:
        """Clear the outputs, or what a widget captured."""
        with suppress(*_OF_NO_WIDGET):
            super().clear_output(outs, msg, cell_index)

    def handle_comm_msg(self, outs: list[NotebookNode], msg: dict[str, Any], cell_index: int) -> None:
        """Follow output widgets; what is no message of a widget at all is passed over, since any code may send it."""
        with suppress(*_OF_NO_WIDGET):
            super().handle_comm_msg(outs, msg, cell_index)

    def _file(self, msg: dict[str, Any], cell: NotebookNode, cell_index: int) -> NotebookNode | None:
        output: NotebookNode | None = super().process_message(msg, cell, cell_index)
        return output

    def _stop(self, limit: str) -> None:
        self._guard.stop("out-of-output", limit, "it printed more than may be kept")

    def _tell(self, kind: str, content: dict[str, Any], cell: NotebookNode) -> None:
        if kind not in ("stream", "display_data", "execute_result", "error"):
            return
        self._events_of_cell += 1
        if self._events_of_cell <= _OUTPUT_EVENTS_PER_CELL and is_to_run(cell):
            self.nb_man.output(cell, kind, _text(kind, content))


def _silent_log() -> logging.Logger:
    """nbclient tells of each message that it does not know, in words that the kernel chose."""
    log = logging.getLogger("reprise.runner.nbclient")
    log.setLevel(logging.CRITICAL + 1)
    return log


def _size(content: object) -> int:
    """Characters in all texts of a message's content; numbers count a few."""
    total = 0
    pending = [content]
    while pending:
        part = pending.pop()
        if isinstance(part, str):
            total += len(part)
        elif isinstance(part, dict):
            pending += part.keys()
            pending += part.values()
        elif isinstance(part, list):
            pending += part
        else:
            total += 8
    return total


def _text(kind: str, content: dict[str, Any]) -> str:
    if kind == "stream":
        return str(content["text"])
    if kind == "error":
        return f"{content['ename']}: {content['evalue']}"
    return str(content["data"].get("text/plain") or ", ".join(content["data"]))

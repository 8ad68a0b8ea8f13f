"""The one connection to a confined kernel, whoever made it: a kernel sees the same whether it waited or not."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from queue import Empty
from typing import Any, Final

from jupyter_client.manager import AsyncKernelManager

from reproduce.runner.guard import Guard
from reproduce.runner.job import Job
from reproduce.runner.kernel_process import KernelProcess
from reproduce.runner.messages import AnswerChannel, OutputChannel
from reproduce.runner.provisioner import kernel_manager
from reproduce.runner.sockets import HeldSockets, NotASocketError

KERNEL_START_S: Final = 60.0
_ASK_EVERY_S: Final = 0.5
_LOOK_EVERY_S: Final = 0.005


class KernelNotStartedError(Exception):
    """The kernel ended, or said nothing, before it was ready."""


class Connected:
    """A kernel's manager, its sockets, held, and from the first `wait_until_ready` on the client with open channels."""

    def __init__(self, job: Job, kernel: KernelProcess, guard: Guard) -> None:
        self.manager: AsyncKernelManager = kernel_manager(job, kernel, guard)
        self.client: Any = None
        self._guard = guard
        self._sockets = HeldSockets(Path(self.manager.ip))

    async def wait_until_ready(self) -> None:
        """Return when the kernel has answered on both channels that matter, connecting first where that was not done.

        Raises KernelNotStartedError.
        """
        deadline = time.monotonic() + KERNEL_START_S
        if self.client is None:
            await self._wait_for_sockets(deadline)
            client: Any = self.manager.client(shell_channel_class=AnswerChannel, iopub_channel_class=OutputChannel)
            client._make_url = lambda channel: self._sockets.address(getattr(client, f"{channel}_port"))
            client.start_channels(stdin=False, hb=False, control=False)
            client.allow_stdin = False
            self.client = client
        await self._wait_for_answer(deadline)

    def close(self) -> None:
        """Close the channels and let go of the sockets, without waiting for what was not sent."""
        if self.client is not None:
            # stop_channels would first open those that were never opened.
            self.client.shell_channel.stop()
            self.client.iopub_channel.stop()
        self._sockets.close()
        self.manager.context.destroy(linger=0)

    async def _wait_for_sockets(self, deadline: float) -> None:
        try:
            while not self._sockets.are_there((self.manager.shell_port, self.manager.iopub_port)):
                if self._guard.has_ended.is_set():
                    raise KernelNotStartedError("it ended at once")
                if time.monotonic() > deadline:
                    raise KernelNotStartedError(f"it did not answer within {KERNEL_START_S:.0f} s")
                await asyncio.sleep(_LOOK_EVERY_S)
        except NotASocketError as error:
            raise KernelNotStartedError(str(error)) from error

    async def _wait_for_answer(self, deadline: float) -> None:
        """Ask until an answer to the asking is seen on iopub: then no output can be missed."""
        asked: set[str] = set()
        ask_at = 0.0
        while not self._guard.has_ended.is_set():
            now = time.monotonic()
            if now > deadline:
                raise KernelNotStartedError(f"it did not answer within {KERNEL_START_S:.0f} s")
            if now >= ask_at:
                asked.add(self.client.kernel_info())
                ask_at = now + _ASK_EVERY_S
            try:
                message = await self.client.iopub_channel.get_msg(timeout=0.05)
            except Empty:
                continue
            if message["msg_type"] == "status" and message["parent_header"].get("msg_id") in asked:
                return
        raise KernelNotStartedError("it ended at once")

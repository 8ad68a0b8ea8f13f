"""jupyter_client's view of a kernel that was started, confined, by ourselves."""

from __future__ import annotations

from typing import Any, cast

import zmq
import zmq.asyncio
from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.provisioner_base import KernelProvisionerBase

from reproduce.runner.guard import Guard
from reproduce.runner.job import Job
from reproduce.runner.kernel_process import KernelProcess
from reproduce.runner.messages import UnguessableSession, read_part

_RECONNECT_MS = 10
_MESSAGE_SLACK_BYTES = 1 << 20


class ConfinedProvisioner(KernelProvisionerBase):
    """Hands the running kernel to a KernelManager. It outlives nothing: the runner kills it, not the manager."""

    kernel: KernelProcess
    guard: Guard

    @property
    def has_process(self) -> bool:
        """Whether the kernel was started; it always was."""
        return True

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:  # noqa: ANN401 - jupyter_client's signature
        """Name no command: the kernel is running already."""
        return {**kwargs, "cmd": []}

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:  # noqa: ANN401, ARG002 - likewise
        """Return the running kernel's connection."""
        return _with_key(self.kernel.connection)

    async def poll(self) -> int | None:
        """The exit status, None while it runs or its last messages are still awaited."""
        return self.kernel.process.poll() if self.guard.has_ended.is_set() else None

    async def wait(self) -> int | None:
        """The exit status of the ended kernel."""
        return self.kernel.process.wait()

    async def send_signal(self, signum: int) -> None:
        """Do nothing: signals do not cross into the sandbox, interrupts go by message."""

    async def kill(self, restart: bool = False) -> None:  # noqa: ARG002 - jupyter_client's signature
        """Kill the whole tree."""
        self.kernel.kill()

    async def terminate(self, restart: bool = False) -> None:  # noqa: ARG002 - jupyter_client's signature
        """Kill the whole tree."""
        self.kernel.kill()

    async def cleanup(self, restart: bool = False) -> None:
        """Do nothing: the workspace is removed by the runner."""


def kernel_manager(job: Job, kernel: KernelProcess, guard: Guard) -> AsyncKernelManager:
    """Return a manager whose kernel is the running one, interrupted by message, talking over ipc sockets."""
    manager = AsyncKernelManager(
        context=_context(job),
        connection_file=str(kernel.connection_file),
        transport="ipc",
        kernel_name="",
        autorestart=False,
    )
    manager._kernel_spec = KernelSpec(
        argv=list(job.kernel.argv), language=job.kernel.language, interrupt_mode="message", display_name=""
    )
    manager.session = UnguessableSession(parent=manager, unpack=read_part)
    manager.load_connection_info(_with_key(kernel.connection))
    provisioner = ConfinedProvisioner(kernel_id=job.id, kernel_spec=manager.kernel_spec, parent=manager)
    provisioner.kernel = kernel
    provisioner.guard = guard
    manager.provisioner = provisioner
    return manager


def _with_key(connection: dict[str, Any]) -> KernelConnectionInfo:
    """The connection as jupyter_client holds it: with the key in bytes."""
    return cast(KernelConnectionInfo, {**connection, "key": connection["key"].encode("ascii")})


def _context(job: Job) -> zmq.asyncio.Context:
    """Sockets that find the starting kernel quickly, drop no output and refuse a message beyond all limits."""
    context = zmq.asyncio.Context()
    context.setsockopt(zmq.RECONNECT_IVL, _RECONNECT_MS)
    context.setsockopt(zmq.RCVHWM, 0)
    # Text of n bytes may take 6 n as JSON; a binary takes 4/3 n.
    context.setsockopt(zmq.MAXMSGSIZE, 6 * job.limits.output_bytes + _MESSAGE_SLACK_BYTES)
    return context

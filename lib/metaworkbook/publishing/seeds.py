"""Real Jupyter kernels that need not import: each grows from a fork of a process that has.

A `Seed` is forked before anything of a page runs. It waits; told where its connection file is, it
becomes an ordinary ipykernel, in a process and session of its own, which Jupyter starts, watches
and ends as it does any other.
"""

from __future__ import annotations

import asyncio
import json
import os
import pathlib
import signal
import sys
import time
import traceback
from typing import Any

from jupyter_client import AsyncKernelManager
from jupyter_client.provisioning import LocalProvisioner

from metaworkbook import paths
from metaworkbook.publishing.processes import die_with

LAUNCHER = "ipykernel_launcher"
# A cell of the one line `page: str = ""` assigns; IPython would call its magic %page.
PLAIN = "--InteractiveShell.automagic=False"
POLL_SECONDS = 0.05


class Seed:
    """A forked process that becomes a kernel; to Jupyter it looks like a `subprocess.Popen`."""

    stdin = stdout = stderr = None

    def __init__(self) -> None:
        parent, (reading, writing) = os.getpid(), os.pipe()
        self.pid = os.fork()
        if not self.pid:
            os.close(writing)
            _grow(reading, parent)
        os.close(reading)
        self.returncode: int | None = None
        self._writing = writing

    def start(self, connection_file: str, environment: dict[str, str], folder: str) -> None:
        """Have the seed become a kernel."""
        told = json.dumps([connection_file, environment, folder])
        with os.fdopen(self._writing, "w", encoding="utf-8") as pipe:
            pipe.write(told)

    def discard(self) -> None:
        """Let the seed end: another kernel is wanted."""
        os.close(self._writing)

    def poll(self) -> int | None:
        """Return the exit code, negative for a signal, None while the process lives."""
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int | None:
        """Return the exit code when the process has ended, None after ``timeout`` seconds."""
        end = time.monotonic() + (float("inf") if timeout is None else timeout)
        while self.poll() is None and time.monotonic() < end:
            time.sleep(POLL_SECONDS)
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal unless the process has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask the process to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End the process."""
        self.send_signal(signal.SIGKILL)


class SeededProvisioner(LocalProvisioner):
    """Starts a kernel from a seed where its specification asks for this very Python's ipykernel."""

    seed: Seed | None = None

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> dict[str, Any]:
        """Launch the kernel and return its connection."""
        seed, self.seed = self.seed, None
        # Not the file behind a link: every virtual environment links to the same Python.
        own = os.path.abspath(cmd[0]) == os.path.abspath(sys.executable) and LAUNCHER in cmd
        if seed and not own:
            seed.discard()
        if not seed or not own:
            return await super().launch_kernel(cmd, **kwargs)
        folder = str(kwargs.get("cwd") or pathlib.Path.cwd())
        seed.start(cmd[cmd.index("-f") + 1], kwargs.get("env", {}), folder)
        # The seed leads its own session from its first step on, so the group bears its number.
        self.process, self.pid, self.pgid, self.cwd = seed, seed.pid, seed.pid, folder
        return self.connection_info


class SeededManager(AsyncKernelManager):
    """Starts its kernel from a seed, made with the manager."""

    def __init__(self, *args: Any, **kwargs: Any):
        # Forked first: sockets and loops of the manager are none of the kernel's.
        seed = Seed()
        super().__init__(*args, **kwargs)
        self.provisioner = SeededProvisioner(kernel_spec=self.kernel_spec, parent=self)
        self.provisioner.seed = seed


def _grow(reading: int, parent: int) -> None:
    """Wait for the connection, then be a kernel until it ends. Never returns."""
    code = 1
    try:
        os.setsid()
        die_with(parent)
        with os.fdopen(reading, encoding="utf-8") as pipe:
            told = pipe.read()
        if told:
            connection_file, environment, folder = json.loads(told)
            os.environ.clear()
            os.environ.update(environment)
            os.environ["JPY_PARENT_PID"] = str(parent)
            paths.bind()
            os.chdir(folder)
            _serve(connection_file)
        code = 0
    except Exception:
        traceback.print_exc()
    finally:
        os._exit(code)


def _serve(connection_file: str) -> None:
    from ipykernel.kernelapp import IPKernelApp
    from matplotlib_inline.backend_inline import _enable_matplotlib_integration

    signal.signal(signal.SIGINT, signal.default_int_handler)
    # A loop that the parent may have made would share its queue of events.
    asyncio.set_event_loop(asyncio.new_event_loop())
    kernel = IPKernelApp.instance()
    kernel.initialize(["-f", connection_file, PLAIN])
    # Matplotlib asks for the kernel when it is imported, and that was before there was one.
    _enable_matplotlib_integration()
    kernel.start()

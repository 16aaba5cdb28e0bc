"""Two ways to execute a notebook, both through papermill, both with the same outputs.

"kernels" starts a real Jupyter kernel for the page (on Linux from a `seeds.Seed`, which has
imported everything). "forked" runs the cells in this very process, which was forked from one that
has imported everything already: no kernel starts, nothing is imported twice, and since the process
ends with its page, no page sees another's state.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
from nbclient.exceptions import DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine, NBClientEngine, papermill_engines
from papermill.exceptions import PapermillExecutionError
from papermill.execute import execute_notebook

from metaworkbook.publishing.seeds import PLAIN
from metaworkbook.publishing.source import canonicalise, format_notebook

ENGINES = ("kernels", "forked")
INJECTED = "injected-parameters"
KERNEL = "python3"
# Large figures on a busy machine; the page's own time limit stands above this one.
OUTPUT_SECONDS = 60
Tell = Callable[[str, int], None]


def execute(
    notebook: dict[str, Any],
    parameters: dict[str, Any],
    engine: str,
    socket: Path,
    tell: Tell,
) -> tuple[nbformat.NotebookNode, list[tuple[int, str]]]:
    """Run a notebook; return it executed, and what its cells wrote to stderr, with their index.

    Parameters
    ----------
    notebook : dict
        As `source.read_notebook` returns it.
    parameters : dict
        The values to inject, every one declared by the notebook.
    engine : str
        "kernels" or "forked".
    socket : Path
        Where a kernel may put its sockets: a short path of its own in a folder that exists.
    tell : callable
        Called as ``tell("cell", index)`` before each cell and ``tell("kernel", pid)`` once.

    Raises
    ------
    papermill.exceptions.PapermillExecutionError
        If a cell fails.
    nbclient.exceptions.DeadKernelError
        If the kernel dies.
    """
    node = nbformat.reads(format_notebook(canonicalise(notebook)), as_version=4)
    papermill_engines.register("kernels", KernelEngine)
    papermill_engines.register("forked", ForkedEngine)
    executed = execute_notebook(
        node,
        None,
        parameters=parameters,
        engine_name=engine,
        kernel_name=KERNEL,
        progress_bar=False,
        socket=socket,
        tell=tell,
    )
    return _settle(executed)


def _settle(executed: nbformat.NotebookNode) -> tuple[nbformat.NotebookNode, list[tuple[int, str]]]:
    """Take clocks, durations and random ids out of an executed notebook; part stderr from it."""
    notes = []
    for index, cell in enumerate(executed.cells):
        tags = cell.metadata.get("tags", [])
        cell.metadata = nbformat.NotebookNode({"tags": tags} if tags else {})
        if INJECTED in tags:
            cell.id = INJECTED
        if cell.cell_type != "code":
            continue
        kept, note = [], ""
        for output in cell.outputs:
            if output.output_type == "stream" and output.name == "stderr":
                note += output.text
            elif kept and output.output_type == "stream" == kept[-1].output_type:
                # A kernel sends a text in as many pieces as its clock says.
                kept[-1].text += output.text
            else:
                kept.append(output)
        cell.outputs = kept
        if note.strip():
            notes.append((index, note.strip()))
    language = {"name": "python", "file_extension": ".py", "pygments_lexer": "ipython3"}
    executed.metadata = nbformat.from_dict(
        {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": KERNEL},
            "language_info": language,
        }
    )
    return executed, notes


class KernelEngine(NBClientEngine):
    """papermill's own engine on sockets of its own: parallel kernels on TCP race for ports."""

    @classmethod
    def execute_managed_notebook(cls, nb_man, kernel_name, *, socket, tell, **kwargs):
        """Run every cell in a fresh kernel."""
        from traitlets.config import Config

        def begin(cell: Any, cell_index: int) -> None:
            if cell_index == 0 or not begin.told:
                begin.told = True
                tell("kernel", client.km.provisioner.pid)
            tell("cell", cell_index)

        begin.told = False
        client = PapermillNotebookClient(
            nb_man,
            kernel_name=kernel_name,
            timeout=None,
            startup_timeout=OUTPUT_SECONDS,
            iopub_timeout=OUTPUT_SECONDS,
            shutdown_kernel="immediate",
            extra_arguments=[PLAIN],
            on_cell_start=begin,
            kernel_manager_class=_choose_manager(),
            config=Config({"KernelManager": {"transport": "ipc", "ip": str(socket)}}),
        )
        return client.execute()


def _choose_manager() -> type:
    """Return what starts kernels: from a fork where the system's libraries are known to bear it."""
    from metaworkbook.publishing import seeds

    return seeds.SeededManager if sys.platform == "linux" else seeds.AsyncKernelManager


class ForkedEngine(Engine):
    """Runs the cells in this process, with the kernel's own shell and display machinery."""

    @classmethod
    def execute_managed_notebook(cls, nb_man, kernel_name, *, socket, tell, **kwargs):
        """Run every cell here; stop after the first that fails."""
        client = PapermillNotebookClient(nb_man, kernel_name=kernel_name)
        client.reset_execution_trackers()
        streams = sys.stdout, sys.stderr
        try:
            stage = _Stage(client)
            for index, cell in enumerate(nb_man.nb.cells):
                nb_man.cell_start(cell, index)
                tell("cell", index)
                if cell.cell_type == "code" and not stage.run(cell, index):
                    nb_man.cell_exception(cell, cell_index=index)
                    break
                nb_man.cell_complete(cell, cell_index=index)
        finally:
            sys.stdout, sys.stderr = streams
        return nb_man.nb


class _Stage:
    """An IPython kernel's shell whose messages go straight into the cells' outputs."""

    def __init__(self, client: PapermillNotebookClient):
        from ipykernel.zmqshell import ZMQInteractiveShell
        from jupyter_client.session import Session
        from traitlets.config import Config

        stage = self
        self.client, self.cell, self.index = client, None, 0

        class Recorder(Session):
            def send(self, stream, msg_or_type, content=None, parent=None, **kwargs):
                if isinstance(msg_or_type, dict):
                    message = msg_or_type
                else:
                    message = self.msg(msg_or_type, content, parent)
                stage.record(message)

        self.session = Recorder(key=b"none")
        config = Config(
            {"HistoryManager": {"enabled": False}, "InteractiveShell": {"automagic": False}}
        )
        self.shell = ZMQInteractiveShell.instance(config=config, user_module=_fresh_main())
        for part in (self.shell.displayhook, self.shell.display_pub):
            part.session = self.session
            part.parent_header = {}
        self.shell.displayhook.topic = b"execute_result"
        sys.stdout = _Stream("stdout", self)
        sys.stderr = _Stream("stderr", self)
        if "matplotlib_inline.backend_inline" in sys.modules:
            from matplotlib_inline.backend_inline import _enable_matplotlib_integration

            _enable_matplotlib_integration()

    def run(self, cell: nbformat.NotebookNode, index: int) -> bool:
        """Run one cell and return whether it succeeded."""
        self.cell, self.index = cell, index
        self.client.clear_before_next_output = False
        cell.execution_count = self.shell.execution_count
        result = self.shell.run_cell(cell.source, store_history=True)
        return result.success

    def record(self, message: dict[str, Any]) -> None:
        """Turn a message of the kernel into an output of the cell, as nbclient does."""
        message["parent_header"] = message.get("parent_header") or {}
        if self.cell is not None:
            self.client.process_message(message, self.cell, self.index)


class _Stream:
    """stdout or stderr of a cell."""

    encoding = "utf-8"
    errors = "strict"

    def __init__(self, name: str, stage: _Stage):
        self.name, self.stage = name, stage

    def write(self, text: str) -> int:
        if text:
            content = {"name": self.name, "text": text}
            self.stage.record(self.stage.session.msg("stream", content))
        return len(text)

    def writelines(self, lines: list[str]) -> None:
        self.write("".join(lines))

    def flush(self) -> None:
        """Nothing waits to be written."""

    def isatty(self) -> bool:
        return False

    def writable(self) -> bool:
        return True


def _fresh_main() -> Any:
    import types

    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    return module


__all__ = ["ENGINES", "DeadKernelError", "PapermillExecutionError", "execute"]

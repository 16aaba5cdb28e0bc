"""Where parallel work runs: in processes of this machine, or on a Dask cluster that is there.

Both go through joblib, so the work itself does not know. Dask is an optional dependency, imported
only here and only when asked for.
"""

from __future__ import annotations

import platform
from collections.abc import Iterator
from contextlib import contextmanager

from metaworkbook.errors import WorkbookError

BACKENDS = ("loky", "dask")
#: Seconds to wait for a scheduler to answer.
PATIENCE = 20


@contextmanager
def open_workers(backend: str, scheduler: str, jobs: int) -> Iterator[int | None]:
    """Make the workers ready; yield what ``n_jobs`` of joblib has to be inside.

    Parameters
    ----------
    backend : str
        "loky" (processes here) or "dask" (an existing cluster).
    scheduler : str
        Address of the cluster's scheduler, such as ``tcp://10.0.0.1:8786``; blank for "loky".
    jobs : int
        Processes, for "loky"; a cluster is used whole.

    Raises
    ------
    WorkbookError
        For an unknown backend, an address missing or not wanted, no Dask, no answer, workers whose
        package is another one than here, or a cluster that is lost midway.
    """
    check_backend(backend, scheduler)
    if backend == "loky":
        yield jobs
        return
    try:
        from dask.distributed import Client, KilledWorker
    except ImportError:
        raise WorkbookError(
            '--backend: found "dask", which is not installed; allowed: loky. '
            "Run: pip install -e .[cluster], here and on every worker."
        ) from None
    import logging
    from concurrent.futures import CancelledError

    from joblib import parallel_config

    # What is lost is said once, in our words; the client would log each of its attempts.
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)
    try:
        client = Client(scheduler, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError, TypeError, OverflowError) as error:
        raise WorkbookError(
            f'--scheduler: found "{scheduler}", which does not answer ({error}); allowed: the '
            "address that `dask scheduler` prints when it starts. Start it, or correct the address."
        ) from None
    try:
        with client:
            _check_workers(client, scheduler)
            with parallel_config("dask", client=client, n_jobs=-1):
                yield None
    except (CancelledError, KilledWorker) as error:
        # The reason alone: the rest names tasks that nobody here knows.
        why = getattr(error, "reason", "workers ended again and again on one task")
        raise WorkbookError(
            f'--scheduler: lost the cluster at "{scheduler}" midway ({why}); allowed: a scheduler '
            "that runs to the end. Start it and its workers again, and run the command again."
        ) from None


def check_backend(backend: str, scheduler: str) -> None:
    """Raise WorkbookError unless backend and address fit each other."""
    if backend not in BACKENDS:
        allowed = ", ".join(BACKENDS)
        raise WorkbookError(f'--backend: found "{backend}"; allowed: {allowed}. Correct it.')
    if backend == "dask" and not scheduler:
        raise WorkbookError(
            "--scheduler: found nothing; allowed: the address of a Dask scheduler. "
            "Add --scheduler tcp://HOST:8786."
        )
    if backend == "loky" and scheduler:
        raise WorkbookError(
            f'--scheduler: found "{scheduler}" with --backend loky; allowed: no address. '
            "Add --backend dask, or leave the address out."
        )


def digest_installed() -> str:
    """Return what computes where this runs; sent by name, so that workers answer."""
    from importlib.metadata import version

    from metaworkbook.publishing import keys

    software = (f"{name} {version(name)}" for name in ("numpy", "scipy"))
    python = ".".join(platform.python_version_tuple()[:2])
    return ", ".join([f"package {keys.digest_package()[:12]}", f"Python {python}", *software])


def _check_workers(client, scheduler: str) -> None:
    """Refuse a cluster without workers, or with workers that would compute something else."""
    try:
        answers = client.run(digest_installed)
    except (ImportError, AttributeError) as error:
        raise WorkbookError(
            f'--scheduler: found a worker at "{scheduler}" without this package ({error}); '
            "allowed: the version used here. Install the same commit on every worker and "
            "restart it."
        ) from None
    if not answers:
        raise WorkbookError(
            f'--scheduler: found no worker at "{scheduler}"; allowed: one or more. '
            f"Start some: dask worker {scheduler}."
        )
    here = digest_installed()
    other = [f"{worker} ({told})" for worker, told in sorted(answers.items()) if told != here]
    if other:
        raise WorkbookError(
            f"--scheduler: found another version on {', '.join(other)}; allowed: the one used here "
            f"({here}). Install the same commit and lock on every worker and restart it."
        )

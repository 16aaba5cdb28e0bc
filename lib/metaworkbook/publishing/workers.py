"""Where parallel work runs: in processes of this machine, or on a Dask cluster that is there.

Both go through joblib, so the work itself does not know. Dask is an optional dependency, imported
only here and only when asked for.
"""

from __future__ import annotations

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
        For an unknown backend, an address missing or not wanted, no Dask, no answer, or workers
        whose package is another one than here.
    """
    check_backend(backend, scheduler)
    if backend == "loky":
        yield jobs
        return
    try:
        from dask.distributed import Client
    except ImportError:
        raise WorkbookError(
            '--backend: found "dask", which is not installed; allowed: loky. '
            "Run: pip install -e .[cluster], here and on every worker."
        ) from None
    from joblib import parallel_config

    try:
        client = Client(scheduler, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        raise WorkbookError(
            f'--scheduler: found "{scheduler}", which does not answer ({error}); allowed: the '
            "address that dask-scheduler prints when it starts. Start it, or correct the address."
        ) from None
    with client:
        _check_workers(client, scheduler)
        with parallel_config("dask", client=client, n_jobs=-1):
            yield None


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
    """Return the digest of the package where this runs; sent by name, so that workers answer."""
    from metaworkbook.publishing import keys

    return keys.digest_package()


def _check_workers(client, scheduler: str) -> None:
    """Refuse a cluster without workers, or with workers that would compute something else."""
    answers = client.run(digest_installed)
    if not answers:
        raise WorkbookError(
            f'--scheduler: found no worker at "{scheduler}"; allowed: one or more. '
            f"Start some: dask-worker {scheduler}."
        )
    here = digest_installed()
    other = sorted(worker for worker, digest in answers.items() if digest != here)
    if other:
        raise WorkbookError(
            f"--scheduler: found another version of the package on {', '.join(other)}; allowed: "
            "the one used here. Install the same commit on every worker and restart it."
        )

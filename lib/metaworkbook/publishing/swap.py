"""Keeps the site whole: one build at a time, built aside, swapped in by one step of the system.

At every moment ``build/site`` is the old site or the new one. Whatever a killed build leaves
behind lies in folders that begin with a dot, and the next build removes it.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from metaworkbook.errors import WorkbookError

SITE = "site"
LOCK = ".lock"
STAGING = ".site-"
WORK = ".work-"
# Where the system cannot exchange two folders, the old site waits here for a moment.
ASIDE = ".aside"
# All that builds, grids, sweeps and browser tests make, the lock among it.
MADE = (
    SITE, LOCK, ASIDE, "executed", "results", "bodies", "multiverse", "grid", "browser",
    "site-samples", "pooling-cases.json",
)  # fmt: skip
EXCHANGE = 2
UNSUPPORTED = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EPERM)


class BusyError(WorkbookError):
    """Another build holds the build folder."""


@contextmanager
def lock(build: Path, wait: bool = False) -> Iterator[None]:
    """Hold the build folder for one build; the system frees it when the process ends, however.

    Raises
    ------
    BusyError
        If another build holds it and ``wait`` is false.
    WorkbookError
        If the folder cannot be made or written.
    """
    while True:
        with explain(build):
            build.mkdir(parents=True, exist_ok=True)
            handle = (build / LOCK).open("a+", encoding="utf-8")
        with handle:
            _take(handle, build, wait)
            # Whoever held it may have removed it and the folder meanwhile: that one binds nobody.
            if not _is_same(handle, build / LOCK):
                continue
            with explain(build):
                handle.truncate(0)
                handle.write(f"{os.getpid()}\n")
                handle.flush()
            yield
            return


def _take(handle: TextIO, build: Path, wait: bool) -> None:
    try:
        # A lock of this kind ends with this very process; children do not carry it on.
        fcntl.lockf(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except (BlockingIOError, PermissionError):
        handle.seek(0)
        who = handle.read().strip()
        raise BusyError(
            f"another build is running{f' (process {who})' if who else ''} in {build}. "
            "Let it end, or run again with --wait."
        ) from None


def _is_same(handle: TextIO, file: Path) -> bool:
    """Return whether a file that was opened is still the one of its name."""
    try:
        return os.path.samestat(os.fstat(handle.fileno()), file.stat())
    except OSError:
        return False


@contextmanager
def explain(folder: Path, kept: str = "") -> Iterator[None]:
    """Turn a full disk or a folder that cannot be written into one message.

    ``kept`` consoles, by default with the state of the site in ``folder``.
    """
    try:
        yield
    except OSError as error:
        place = error.filename or folder
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            what, remedy = "the disk is full", "Free space and run again."
        elif error.errno == errno.EFBIG:
            what, remedy = "it is larger than a file may be", "Raise ulimit -f and run again."
        elif error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            what, remedy = "it may not be written", "Allow writing there and run again."
        elif error.errno in (errno.ENOTDIR, errno.EEXIST):
            what, remedy = "a file is in the way of a folder", "Move it and run again."
        elif error.errno == errno.EISDIR:
            what, remedy = "a folder is in the way of a file", "Move it and run again."
        elif error.errno in (errno.ENOENT, errno.ELOOP, errno.ENAMETOOLONG):
            what, remedy = f"{error.strerror.lower()}", "Name another folder, or run again."
        else:
            raise
        kept = kept or tell_state(folder)
        raise WorkbookError(f"{place}: {what}. {kept} {remedy}") from None


def tell_state(build: Path) -> str:
    """Return what a build that ended too soon leaves in ``build``."""
    return "The last site is unchanged." if os.path.exists(build / SITE) else "There is no site."


def heal(build: Path) -> None:
    """Remove what a killed build left, and put back the site it had moved; call under the lock."""
    site, aside = build / SITE, build / ASIDE
    if aside.exists() and not site.exists():
        aside.rename(site)
    for leftover in [*build.glob(f"{STAGING}*"), *build.glob(f"{WORK}*"), aside]:
        remove(leftover)


def clean(build: Path) -> list[str]:
    """Remove what builds make in ``build``; return the names of what else lies there."""
    left = []
    for entry in sorted(build.iterdir()):
        if entry.name in MADE or entry.name.startswith((STAGING, WORK)):
            remove(entry)
        else:
            left.append(entry.name)
    return left


def make_folder(build: Path, prefix: str) -> Path:
    """Return a new folder in ``build`` that `heal` would remove."""
    return Path(tempfile.mkdtemp(prefix=prefix, dir=build))


def install(staging: Path, build: Path) -> None:
    """Make ``staging`` the site and remove the old one; readers see either, never a mixture."""
    site = build / SITE
    staging.chmod(0o755)
    if not site.exists():
        staging.rename(site)
    elif exchange(staging, site):
        remove(staging)
    else:
        site.rename(build / ASIDE)
        staging.rename(site)
        remove(build / ASIDE)


def exchange(one: Path, other: Path) -> bool:
    """Exchange the names of two folders in one step; False where the system cannot."""
    library = ctypes.CDLL(None, use_errno=True)
    first, second = os.fsencode(one), os.fsencode(other)
    if sys.platform == "linux" and hasattr(library, "renameat2"):
        here = -100
        failed = library.renameat2(here, first, here, second, EXCHANGE)
    elif sys.platform == "darwin" and hasattr(library, "renamex_np"):
        failed = library.renamex_np(first, second, EXCHANGE)
    else:
        return False
    if not failed:
        return True
    number = ctypes.get_errno()
    if number in UNSUPPORTED:
        return False
    raise OSError(number, os.strerror(number), str(other))


def remove(path: Path) -> None:
    """Remove a file or a folder with everything in it, if it is there."""
    if path.is_dir() and not path.is_symlink():
        # A page that was still running may write a last file meanwhile.
        shutil.rmtree(path, ignore_errors=True)
    elif path.exists() or path.is_symlink():
        path.unlink()

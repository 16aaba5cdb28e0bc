"""Bodies of pages kept between builds, each with the digest of all that it is made from.

A body is found by its name and that digest, and only if it is whole; one that is damaged, or that a
killed build left unfinished, is as good as absent and is rendered again. The folder is no part of
the site and may go at any time.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from metaworkbook.publishing import keys, swap

FOLDER = "bodies"
# When this process took up its code.
BEGUN = time.time()


class Bodies:
    """The folder of the bodies.

    Parameters
    ----------
    folder : Path
        Made where it is missing.
    package : str
        Digest of the package that renders.
    """

    def __init__(self, folder: Path, package: str):
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.code = keys.list_package(Path(__file__).resolve().parents[1])
        self.maker = [package, sys.version, keys.list_installed()]

    def digest(self, *made_from: Any) -> str:
        """Return the digest of all that a body is made from, of the code that renders it too.

        Parameters
        ----------
        *made_from
            What JSON can hold.
        """
        return keys.digest_text(json.dumps([self.maker, made_from]))

    def find(self, name: str, digest: str) -> Any:
        """Return what was kept, or None where it was made from something else or is damaged."""
        try:
            seal, _, content = (self.folder / name).read_bytes().partition(b"\n")
        except OSError:
            return None
        return json.loads(content) if seal == _seal(digest, content) else None

    def keep(self, name: str, digest: str, body: Any) -> None:
        """Keep a body that JSON can hold, whole or not at all, in the place of its last one.

        Where the package has been edited since this process began, the digest may tell of other
        code than rendered, and nothing is kept.
        """
        if any(_find_change(file) >= BEGUN for file in self.code):
            return
        content = json.dumps(body, ensure_ascii=False).encode("utf-8")
        unfinished = self.folder / f".{name}"
        unfinished.write_bytes(_seal(digest, content) + b"\n" + content)
        if (self.folder / name).is_dir():
            swap.remove(self.folder / name)
        unfinished.replace(self.folder / name)

    def forget_others(self, names: Iterable[str]) -> None:
        """Remove what has no name of these."""
        for name in {file.name for file in self.folder.iterdir()}.difference(names):
            swap.remove(self.folder / name)


def _seal(digest: str, content: bytes) -> bytes:
    return hashlib.sha256(digest.encode() + content).hexdigest().encode()


def _find_change(file: Path) -> float:
    try:
        return file.stat().st_ctime
    except OSError:
        return time.time()

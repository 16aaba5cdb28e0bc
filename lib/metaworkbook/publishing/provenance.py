"""Where a page comes from: the ledger's checksum, the versions that computed, the sources' digest.

It holds no clock and no commit, so that the same sources always give the same page.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

PACKAGES = ("metaworkbook", "pymare", "numpy", "scipy", "pandas", "matplotlib", "seaborn")


@dataclass(frozen=True)
class Provenance:
    """What the footer of a page tells.

    Attributes
    ----------
    checksum : str
        SHA-256 of the ledger, in hexadecimal.
    versions : dict of str
        Version by package, Python first.
    built_from : str
        Digest of notebooks, package and locked environment, 12 hexadecimal digits.
    """

    checksum: str
    versions: dict[str, str]
    built_from: str


def gather_provenance(checksum: str, sources: str) -> Provenance:
    """Return the provenance of a build from the ledger's checksum and the sources' digest."""
    versions = {"python": ".".join(map(str, sys.version_info[:3]))}
    for name in PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            versions[name] = "not installed"
    return Provenance(checksum, versions, sources[:12])

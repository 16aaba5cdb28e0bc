"""Describes a site as an RO-Crate, so that archives know what the bundle holds and how it came."""

from __future__ import annotations

import datetime
import json
import mimetypes
import os
import subprocess
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from urllib.parse import quote

from metaworkbook.publishing import keys
from metaworkbook.publishing.provenance import Provenance

FILE = "ro-crate-metadata.json"
PROFILE = "https://w3id.org/ro/crate/1.3"
ROOT = "./"
NAME = "Avoidant attachment, the therapeutic alliance and therapy outcome"
DESCRIPTION = (
    "A meta-analysis as offline web pages in English and Norwegian, with the evidence and the "
    "results as data files."
)
LICENCE = "https://spdx.org/licenses/MIT"
UNDATED = "1980-01-01"


def write_crate(site: Path, root: Path, provenance: Provenance, files: dict[str, str]) -> None:
    """Write the description of a finished site into it.

    Parameters
    ----------
    site : Path
        The folder with every page and download.
    root : Path
        The project, for the evidence and the date.
    provenance : Provenance
        The versions that computed.
    files : dict of str
        Checksum of every file of the site, by its path in the site.
    """
    folders = {
        f"{folder.as_posix()}/" for file in files for folder in list(Path(file).parents)[:-1]
    }
    parts = [*folders, *files]
    evidence = sorted([*(root / "effects").glob("*.csv"), root / "effects" / "datapackage.yaml"])
    graph = [
        {
            "@id": FILE,
            "@type": "CreativeWork",
            "about": {"@id": ROOT},
            "conformsTo": {"@id": PROFILE},
        },
        {
            "@id": ROOT,
            "@type": "Dataset",
            "name": NAME,
            "description": DESCRIPTION,
            "license": LICENCE,
            "datePublished": publication_date(root),
            "hasPart": [{"@id": quote(part)} for part in sorted(parts)],
            "mentions": {"@id": "#build"},
        },
        {
            "@id": "#build",
            "@type": "CreateAction",
            "name": f"built from sources {provenance.built_from}, evidence {provenance.checksum}",
            "instrument": {"@id": "#metaworkbook"},
            "object": [{"@id": f"#effects/{file.name}"} for file in evidence],
            "result": {"@id": ROOT},
        },
        {
            "@id": "#metaworkbook",
            "@type": "SoftwareApplication",
            "name": "metaworkbook",
            "version": provenance.versions["metaworkbook"],
            "softwareRequirements": [
                f"{name} {number}" for name, number in provenance.versions.items()
            ],
        },
        *(
            {
                "@id": f"#effects/{file.name}",
                "@type": "CreativeWork",
                "name": f"effects/{file.name}",
                "sha256": keys.digest_file(file),
            }
            for file in evidence
        ),
        *({"@id": quote(folder), "@type": "Dataset"} for folder in folders),
        *(
            {
                "@id": quote(name),
                "@type": "File",
                "contentSize": str(os.path.getsize(f"{site}/{name}")),
                "encodingFormat": _find_format(os.path.splitext(name)[1]),
                "sha256": checksum,
            }
            for name, checksum in files.items()
        ),
    ]
    graph.sort(key=lambda entity: entity["@id"])
    content = {"@context": f"{PROFILE}/context", "@graph": graph}
    text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False)
    (site / FILE).write_text(text + "\n", encoding="utf-8")


def list_folders(files: Iterable[str]) -> set[str]:
    """Return every folder on the way to a file, each with a slash at its end."""
    found: set[str] = set()
    inner = {file.rpartition("/")[0] for file in files}
    while inner := inner - {""}:
        found |= {f"{folder}/" for folder in inner}
        inner = {folder.rpartition("/")[0] for folder in inner}
    return found


@cache
def _find_format(suffix: str) -> str:
    return mimetypes.guess_type(f"file{suffix}")[0] or "text/plain"


def publication_date(root: Path) -> str:
    """Return the day of the sources: SOURCE_DATE_EPOCH, the last commit's, or a fixed one."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    if epoch.isdecimal():
        return datetime.datetime.fromtimestamp(int(epoch), datetime.UTC).date().isoformat()
    try:
        told = subprocess.run(
            ["git", "-C", str(root), "log", "-1", "--format=%cs"],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
    except (OSError, subprocess.CalledProcessError):
        return UNDATED
    return told.stdout.strip() or UNDATED

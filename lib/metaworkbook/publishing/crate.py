"""Describes a site as an RO-Crate, so that archives know what the bundle holds and how it came."""

from __future__ import annotations

import datetime
import json
import mimetypes
import os
import subprocess
from pathlib import Path
from urllib.parse import unquote

from metaworkbook.errors import WorkbookError
from metaworkbook.publishing.provenance import Provenance

FILE = "ro-crate-metadata.json"
NAME = "Avoidant attachment, the therapeutic alliance and therapy outcome"
DESCRIPTION = (
    "A meta-analysis as offline web pages in English and Norwegian, with the evidence and the "
    "results as data files."
)
LICENCE = "https://spdx.org/licenses/MIT"
UNDATED = "1980-01-01"
UNDATED_WORDS = (
    f"no commit tells the day of the sources: the archive's description says {UNDATED}. "
    "Build where git is, or set SOURCE_DATE_EPOCH."
)


def write_crate(
    site: Path,
    date: str,
    provenance: Provenance,
    sources: dict[str, str],
    files: dict[str, str],
) -> None:
    """Write the description of a finished site into it.

    Parameters
    ----------
    site : Path
        The folder with every page and download.
    date : str
        From `publication_date`.
    provenance : Provenance
        The versions that computed.
    sources : dict of str
        Checksum of every source, by its path in the project.
    files : dict of str
        Checksum of every file of the site, by its path in the site.
    """
    from rocrate.model.contextentity import ContextEntity
    from rocrate.rocrate import ROCrate

    crate = ROCrate(site, init=True)
    crate.name, crate.description, crate.license = NAME, DESCRIPTION, LICENCE
    crate.root_dataset["datePublished"] = date
    for entity in crate.data_entities:
        name = unquote(entity.id)
        if name in files:
            entity["sha256"] = files[name]
            entity["contentSize"] = str((site / name).stat().st_size)
            entity["encodingFormat"] = mimetypes.guess_type(name)[0] or "text/plain"
    evidence = []
    for name in sorted(name for name in sources if name.startswith("effects/")):
        properties = {"@type": "CreativeWork", "name": name, "sha256": sources[name]}
        evidence.append(crate.add(ContextEntity(crate, f"#{name}", properties)))
    requirements = [f"{name} {number}" for name, number in provenance.versions.items()]
    software = {
        "@type": "SoftwareApplication",
        "name": "metaworkbook",
        "version": provenance.versions["metaworkbook"],
        "softwareRequirements": requirements,
    }
    build = {
        "@type": "CreateAction",
        "name": f"built from sources {provenance.built_from}, evidence {provenance.checksum}",
        "instrument": crate.add(ContextEntity(crate, "#metaworkbook", software)),
        "object": evidence,
        "result": crate.root_dataset,
    }
    crate.root_dataset["mentions"] = crate.add(ContextEntity(crate, "#build", build))
    content = crate.metadata.generate()
    content["@graph"].sort(key=lambda entity: entity["@id"])
    for entity in content["@graph"]:
        # The order in which a file system lists its files must not show.
        if "hasPart" in entity:
            entity["hasPart"] = sorted(entity["hasPart"], key=lambda part: part["@id"])
    text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False)
    (site / FILE).write_text(text + "\n", encoding="utf-8")


def publication_date(root: Path) -> str:
    """Return the day of the sources: SOURCE_DATE_EPOCH, the last commit's, or a fixed one.

    Raises
    ------
    WorkbookError
        If SOURCE_DATE_EPOCH is no number of seconds.
    """
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    if epoch:
        try:
            return datetime.datetime.fromtimestamp(int(epoch), datetime.UTC).date().isoformat()
        except (ValueError, OverflowError, OSError):
            raise WorkbookError(
                f"SOURCE_DATE_EPOCH: found {epoch[:40]!r}; allowed: whole seconds since 1970. "
                "Correct it, or leave it out."
            ) from None
    try:
        told = subprocess.run(
            ["git", "-C", str(root), "log", "-1", "--format=%cs"],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
    except (OSError, subprocess.CalledProcessError):
        return UNDATED
    return told.stdout.strip() or UNDATED

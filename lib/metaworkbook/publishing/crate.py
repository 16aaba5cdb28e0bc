"""Describes a site as an RO-Crate, so that archives know what the bundle holds and how it came."""

from __future__ import annotations

import datetime
import json
import mimetypes
import os
import subprocess
from pathlib import Path
from urllib.parse import unquote

from metaworkbook.publishing import keys
from metaworkbook.publishing.provenance import Provenance

FILE = "ro-crate-metadata.json"
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
    from rocrate.model.contextentity import ContextEntity
    from rocrate.rocrate import ROCrate

    crate = ROCrate(site, init=True)
    crate.name, crate.description, crate.license = NAME, DESCRIPTION, LICENCE
    crate.root_dataset["datePublished"] = publication_date(root)
    for entity in crate.data_entities:
        name = unquote(entity.id)
        if name in files:
            entity["sha256"] = files[name]
            entity["contentSize"] = str((site / name).stat().st_size)
            entity["encodingFormat"] = mimetypes.guess_type(name)[0] or "text/plain"
    evidence = []
    for file in sorted([*(root / "effects").glob("*.csv"), root / "effects" / "datapackage.yaml"]):
        properties = {
            "@type": "CreativeWork",
            "name": f"effects/{file.name}",
            "sha256": keys.digest_file(file),
        }
        evidence.append(crate.add(ContextEntity(crate, f"#effects/{file.name}", properties)))
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

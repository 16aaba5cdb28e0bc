"""From pages that ran to a site in its place: assembled aside, described, listed, swapped in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from metaworkbook import paths
from metaworkbook.publishing import keys, manifest, swap
from metaworkbook.publishing.plan import Planned, output_files


def describe_state(folder: Path, plan: list[Planned]) -> dict[str, Any]:
    """Return what the site as a whole is made from.

    Parameters
    ----------
    folder : Path
        The build folder.
    plan : list of Planned
        The pages, in order.
    """
    return {
        "package": keys.digest_package(),
        "list": keys.digest_file(paths.notebooks() / "pages.toml"),
        "lock": keys.digest_file(paths.root() / "requirements.lock"),
        "pages": {
            planned.name: {
                file.name: keys.digest_file(file) for file in output_files(folder, planned.name)
            }
            for planned in plan
        },
        "ledger": plan[0].inputs["ledger"] if plan else "",
    }


def publish(
    folder: Path, available: list[Planned], ledger: Any, renderer: Any, jobs: int = 1
) -> None:
    """Put the site of these pages together aside and swap it in whole.

    Parameters
    ----------
    folder : Path
        The build folder.
    available : list of Planned
        The pages whose notebooks were executed and whose results are there.
    ledger : Ledger
        The validated evidence.
    renderer : module
        See `assembly.assemble`.
    jobs : int
        Processes that render at the same time.

    Raises
    ------
    OSError
        If the system refused, as a full disk does; the site in place is the old one then.
    """
    # What follows is not needed where nothing changed.
    from metaworkbook.publishing import crate
    from metaworkbook.publishing.assembly import assemble
    from metaworkbook.publishing.provenance import gather_provenance

    state = describe_state(folder, available)
    inputs = [
        [planned.inputs[name] for name in sorted(planned.inputs) if name not in keys.PARTS.values()]
        for planned in available
    ]
    sources = keys.digest_text(json.dumps([inputs, state["package"]]))
    provenance = gather_provenance(ledger.checksum, sources)
    staging = swap.make_folder(folder, swap.STAGING)
    pages = [planned.page for planned in available]
    try:
        assemble(staging, folder, pages, ledger, provenance, renderer, state["package"], jobs)
        files = manifest.list_files(staging)
        crate.write_crate(staging, paths.root(), provenance, files)
        files[crate.FILE] = keys.digest_file(staging / crate.FILE)
        manifest.write_manifest(staging, paths.root(), state, files)
        swap.install(staging, folder)
    finally:
        # Half a site must not fill a disk that is full.
        swap.remove(staging)


def forget_others(folder: Path, plan: list[Planned]) -> None:
    """Remove what was made of pages that are no longer listed."""
    names = {planned.name for planned in plan}
    for part in ("executed", "results"):
        for file in sorted((folder / part).glob("*")):
            if file.stem.lstrip(".").split(".")[0] not in names:
                swap.remove(file)

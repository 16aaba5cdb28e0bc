"""From pages that ran to a site in its place: assembled aside, described, listed, swapped in."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from metaworkbook import paths
from metaworkbook.errors import WorkbookError
from metaworkbook.publishing import keys, manifest, swap
from metaworkbook.publishing.crate import publication_date
from metaworkbook.publishing.failures import Failure
from metaworkbook.publishing.plan import Planned, output_files

# Endings of what running a page makes, and how many sources a message names.
MADE, MOST_NAMED = (".ipynb", ".json"), 5
# Sources that a build reads once, for every page.
READ_ONCE = (".ipynb", "/pages.toml")


@dataclass(frozen=True)
class Beginning:
    """What a build begins with, taken before it reads any of it.

    Attributes
    ----------
    sources : dict of str
        Checksum of every source, by its path in the project.
    shared : dict of str
        What every file of the site depends on.
    """

    sources: dict[str, str]
    shared: dict[str, str]

    def confirm(self) -> None:
        """Raise WorkbookError where what pages read by themselves is no longer what it was.

        Notebooks and the list of pages are not among it: those that were planned were run.
        """
        now = manifest.list_sources(paths.root())
        moved = [
            name
            for name in sorted(self.sources.keys() | now.keys())
            if self.sources.get(name) != now.get(name) and not name.endswith(READ_ONCE)
        ]
        if moved:
            more = f" and {len(moved) - MOST_NAMED} more" if len(moved) > MOST_NAMED else ""
            raise WorkbookError(
                f"{', '.join(moved[:MOST_NAMED])}{more}: edited while the pages ran, so nobody can "
                f"tell which state they show. {swap.tell_state(paths.build())} "
                "Run: metaworkbook report"
            )


def begin() -> Beginning:
    """Return the sources as they are now."""
    root = paths.root()
    shared = {
        "package": keys.digest_package(),
        "list": keys.digest_file(paths.notebooks() / "pages.toml"),
        "lock": keys.digest_file(root / "requirements.lock"),
        "date": publication_date(root),
    }
    return Beginning(manifest.list_sources(root), shared)


def describe_state(folder: Path, plan: list[Planned], beginning: Beginning) -> dict[str, Any]:
    """Return what the site as a whole is made from.

    Parameters
    ----------
    folder : Path
        The build folder.
    plan : list of Planned
        The pages, in order.
    beginning : Beginning
        From `begin`.
    """
    return {
        **beginning.shared,
        "pages": {
            planned.name: {
                file.name: keys.digest_file(file) for file in output_files(folder, planned.name)
            }
            for planned in plan
        },
        "ledger": plan[0].inputs["ledger"] if plan else "",
    }


def publish(
    folder: Path,
    available: list[Planned],
    ledger: Any,
    renderer: Any,
    beginning: Beginning,
    jobs: int = 1,
) -> list[Failure]:
    """Put the site of these pages together aside and swap it in whole.

    A page that cannot be shown must not leave a hole in a good site, which stays then; without one,
    the others are shown.

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
    beginning : Beginning
        From `begin`.
    jobs : int
        Processes that render at the same time.

    Returns
    -------
    list of Failure
        The pages that cannot be shown.

    Raises
    ------
    OSError
        If the system refused, as a full disk does; the site in place is the old one then.
    """
    # What follows is not needed where nothing changed.
    from metaworkbook.publishing import crate
    from metaworkbook.publishing.assembly import assemble
    from metaworkbook.publishing.provenance import gather_provenance

    state = describe_state(folder, available, beginning)
    # The same sources have the same name on every machine that holds to the lock.
    unnamed = {*keys.PARTS.values(), "installed"}
    inputs = [
        [planned.inputs[name] for name in sorted(planned.inputs) if name not in unnamed]
        for planned in available
    ]
    sources = keys.digest_text(json.dumps([inputs, state["package"]]))
    provenance = gather_provenance(ledger.checksum, sources)
    staging = swap.make_folder(folder, swap.STAGING)
    pages = [planned.page for planned in available]
    try:
        failures = assemble(
            staging, folder, pages, ledger, provenance, renderer, state["package"], jobs
        )
        if not failures:
            files = manifest.list_files(staging)
            crate.write_crate(staging, state["date"], provenance, beginning.sources, files)
            files[crate.FILE] = keys.digest_file(staging / crate.FILE)
            manifest.write_manifest(staging, beginning.sources, state, files)
            swap.install(staging, folder)
    finally:
        # Half a site must not fill a disk that is full.
        swap.remove(staging)
    failed = {failure.page for failure in failures}
    others = [planned for planned in available if planned.name not in failed]
    if failures and others and not (folder / swap.SITE).exists():
        failures += publish(folder, others, ledger, renderer, beginning, jobs)
    return failures


def forget_others(folder: Path, plan: list[Planned]) -> None:
    """Remove what was made of pages that are no longer listed."""
    names = {planned.name for planned in plan}
    for part in ("executed", "results"):
        # What lies behind a link is somebody else's.
        if (folder / part).is_symlink():
            continue
        for file in sorted((folder / part).glob("*")):
            made = file.suffix in MADE or file.name.startswith(".")
            if made and file.stem.lstrip(".").split(".")[0] not in names:
                swap.remove(file)

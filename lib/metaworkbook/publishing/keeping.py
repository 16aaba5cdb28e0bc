"""What a page made is looked at and moved to its place, where the next build finds it."""

from __future__ import annotations

import json
from pathlib import Path

from metaworkbook.errors import WorkbookError
from metaworkbook.publishing import keys, swap
from metaworkbook.publishing.failures import Failure, describe
from metaworkbook.publishing.plan import Planned, executed_file, record_file, results_file


def keep(planned: Planned, made: Path, build: Path) -> Failure | None:
    """Move what a page made in ``made`` to its place in ``build``; return why it cannot be used."""
    try:
        return _refuse(planned, made) or _move(planned, made, build)
    except OSError as error:
        told = {"kind": "refused", "error": "OSError", "message": str(error), "index": None}
        return describe(told, planned.name, planned.page.notebook, [], 0.0, 0)


def _refuse(planned: Planned, made: Path) -> Failure | None:
    from metaworkbook.results.details import check_details

    name = planned.name
    file = results_file(made, name)
    remedy = "End the notebook with results.save(page, ...)."
    if not file.is_file():
        words = "it saved no results under its own name"
        return Failure(name, planned.page.notebook, 0, words, remedy)
    try:
        content = json.loads(file.read_bytes())
        # What no file of the site could hold: half a character, a number that is none.
        json.dumps(content, ensure_ascii=False, allow_nan=False).encode("utf-8")
        check_details(content, f"results/{name}.json")
        json.loads((made / "executed.ipynb").read_bytes())
    except WorkbookError as error:
        return Failure(name, planned.page.notebook, 0, str(error), "")
    except (ValueError, RecursionError) as error:
        words = f"what it left is no JSON that a site can show ({error})"
        return Failure(name, planned.page.notebook, 0, words, remedy)
    return None


def _move(planned: Planned, made: Path, build: Path) -> None:
    """Move the files; the record comes last, so a kill cannot mislead."""
    name, outputs = planned.name, {}
    for source, file in (
        (made / "executed.ipynb", executed_file(build, name)),
        (results_file(made, name), results_file(build, name)),
    ):
        file.parent.mkdir(exist_ok=True)
        if file.is_dir():
            swap.remove(file)
        outputs[file.name] = keys.digest_file(source)
        source.replace(file)
    keys.Record(planned.inputs, outputs).write(record_file(build, name))

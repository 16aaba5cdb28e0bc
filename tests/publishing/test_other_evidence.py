"""The real notebooks on evidence of another size: none at all, and more than a page can list."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from .. import crowds, ledgers

REAL = Path(__file__).resolve().parents[2]


def build(folder: Path, effects: int, *only: str) -> tuple[subprocess.CompletedProcess, Path]:
    """Build the real pages on made-up evidence about the real constructs."""
    folder.mkdir()
    crowds.write(folder / "effects", effects)
    shutil.copy(ledgers.REAL / "constructs.csv", folder / "effects")
    shutil.copytree(REAL / "notebooks", folder / "notebooks")
    shutil.copy(REAL / "requirements.lock", folder)
    environment = os.environ | {"METAWORKBOOK_ROOT": str(folder)}
    environment.pop("METAWORKBOOK_BUILD", None)
    command = [sys.executable, "-m", "metaworkbook.cli", "report", "--engine", "forked"]
    command += [word for name in only for word in ("--only", name)]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    return done, folder / "build" / "site"


def test_every_page_bears_evidence_without_a_row(tmp_path):
    done, site = build(tmp_path / "project", 0)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    listed = (REAL / "notebooks" / "pages.toml").read_text(encoding="utf-8").count("[[page]]")
    assert f"{listed} pages run, 0 unchanged" in done.stdout
    assert "no row" in (site / "avoidance-alliance.html").read_text(encoding="utf-8").lower()


def test_pages_of_many_rows_stay_readable(tmp_path):
    rows = 1_010
    done, site = build(tmp_path / "project", rows, "avoidance-alliance", "directions-alliance")
    assert done.returncode == 0, done.stderr
    html = (site / "avoidance-alliance.html").read_text(encoding="utf-8")
    # Groups to unfold, each row with its link, which leads to its place and on to its study.
    targets = set(re.findall(r'href="#(row-[^"]+)"', html))
    anchors = re.findall(r'<li id="(row-[^"]+)"><a href="study/([^"]+)\.html"', html)
    assert len(targets) == len(anchors) == rows
    assert targets == {anchor for anchor, _ in anchors}
    assert all((site / "study" / f"{study}.html").is_file() for _, study in anchors)
    assert "too many to be pooled anew" in html
    assert 'id="explorer"' not in html
    counted = (site / "directions-alliance.html").read_text(encoding="utf-8")
    assert "Counted by sample" in counted
    assert len(html) < 1_000_000

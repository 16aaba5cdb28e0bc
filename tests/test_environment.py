"""pyproject.toml, requirements.lock and environment.yml declare one environment."""

from __future__ import annotations

import importlib.metadata
import itertools
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from metaworkbook.cli import app

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
ENVIRONMENT = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))


def read_lock() -> list[Requirement]:
    lines = re.sub(r"\\\n", " ", LOCK).splitlines()
    return [
        Requirement(line.split("--hash")[0].strip())
        for line in lines
        if line and not line.lstrip().startswith("#")
    ]


def locked_versions() -> dict[str, str]:
    """Versions that the lock gives this Python, by canonical name."""
    return {
        canonicalize_name(requirement.name): next(iter(requirement.specifier)).version
        for requirement in read_lock()
        if requirement.marker is None or requirement.marker.evaluate()
    }


def declared() -> list[Requirement]:
    extras = itertools.chain.from_iterable(PROJECT["optional-dependencies"].values())
    return [Requirement(text) for text in [*PROJECT["dependencies"], *extras]]


@pytest.mark.parametrize("requirement", declared(), ids=str)
def test_every_declared_dependency_is_locked_within_its_range(requirement):
    assert locked_versions()[canonicalize_name(requirement.name)] in requirement.specifier


def test_every_locked_requirement_is_pinned_and_hashed():
    for requirement in read_lock():
        assert [spec.operator for spec in requirement.specifier] == ["=="]
    blocks = re.split(r"\n(?=[a-z0-9])", LOCK)
    unhashed = [block.split()[0] for block in blocks if "==" in block and "--hash" not in block]
    assert unhashed == []


def test_lock_names_no_address():
    assert not re.search(r"https?://|--index-url|--find-links|file:", LOCK)


def test_running_environment_is_the_locked_one():
    differing = {}
    for name, version in locked_versions().items():
        installed = importlib.metadata.version(name)
        if installed != version:
            differing[name] = (installed, version)
    assert differing == {}


def test_environment_file_asks_for_the_same_python_and_the_lock():
    python = next(d for d in ENVIRONMENT["dependencies"] if str(d).startswith("python "))
    assert SpecifierSet(python.removeprefix("python ")) == SpecifierSet(PROJECT["requires-python"])
    pip = next(d["pip"] for d in ENVIRONMENT["dependencies"] if isinstance(d, dict))
    assert pip == ["-r requirements.lock"]


def test_conda_parses_the_environment_file():
    from rattler import MatchSpec

    names = [
        MatchSpec(dependency, strict=True).name.normalized
        for dependency in ENVIRONMENT["dependencies"]
        if isinstance(dependency, str)
    ]
    assert names == ["python", "pip"]


def test_makefile_uses_an_activated_conda_environment():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert f"ifeq ($(CONDA_DEFAULT_ENV),{ENVIRONMENT['name']})" in makefile


def test_every_hook_runs_a_command_that_exists():
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    entries = [hook["entry"].split() for repo in config["repos"] for hook in repo["hooks"]]
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    commands = app.commands
    assert entries
    for program, command, *options in entries:
        if program == "make":
            assert command in targets
        else:
            known = {name for option in commands[command].params for name in option.opts}
            assert program.endswith("metaworkbook")
            assert set(options) <= known


@pytest.mark.parametrize("writable", [True, False])
def test_setup_keeps_no_cache_where_the_home_folder_cannot_be_written(tmp_path, writable):
    """A Python that only tells how it was called stands in for the real one."""
    home, python = tmp_path / "home", tmp_path / "bin" / "python"
    if writable:
        home.mkdir()
    else:
        home.write_text("a file in the way")
    python.parent.mkdir()
    python.write_text(
        f'#!/bin/sh\ncase "$*" in\n"-m uv cache dir") echo {home}/cache;;\n'
        f'*"uv pip"*) echo "${{UV_NO_CACHE:-cached}}" >> {tmp_path}/told;;\nesac\n'
    )
    python.chmod(0o755)
    environment = {"PATH": os.environ["PATH"], "PYTHON": str(python), "BIN": str(python.parent)}
    subprocess.run(["sh", ".ci/setup.sh"], cwd=ROOT, env=environment, check=True)
    told = (tmp_path / "told").read_text().split()
    assert told == (["cached"] if writable else ["1"]) * 2


def lay_out(folder, stamp):
    """A folder with the Makefile and a current environment that says where it was made."""
    for name in ("requirements.lock", "pyproject.toml"):
        (folder / name).touch()
    shutil.copy(ROOT / "Makefile", folder)
    shutil.copytree(ROOT / ".ci", folder / ".ci")
    (folder / ".venv").mkdir()
    (folder / ".venv" / ".metaworkbook-current").write_text(f"{stamp}\n", encoding="utf-8")


def call_make(folder, *arguments, **variables):
    environment = {"PATH": os.environ["PATH"], **variables}
    command = ["make", "--no-print-directory", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


@pytest.mark.parametrize("moved", [False, True])
def test_an_environment_from_elsewhere_is_made_anew(tmp_path, moved):
    lay_out(tmp_path, "/elsewhere" if moved else tmp_path)
    told = call_make(tmp_path, "--dry-run", "report").stdout.splitlines()
    assert [line.split()[-1] for line in told] == [".ci/setup.sh"] * moved + ["report"]


FAKE = """#!/bin/sh
echo "$*" >> {told}
case "$*" in
"-m venv .venv") mkdir -p .venv/bin && ln -s {python} .venv/bin/python ;;
*intact.py) [ -e {intact} ] ;;
esac
"""


@pytest.mark.parametrize(("moved", "intact"), [(False, True), (True, True), (False, False)])
def test_setup_mends_what_is_damaged_and_leaves_the_rest(tmp_path, moved, intact):
    """A Python that only tells how it was called stands in for the real one."""
    told, python = tmp_path / "told", tmp_path / "python"
    python.write_text(FAKE.format(told=told, python=python, intact=tmp_path / "intact"), "utf-8")
    python.chmod(0o755)
    lay_out(tmp_path, "/elsewhere" if moved else tmp_path)
    (tmp_path / ".venv" / "bin").mkdir()
    (tmp_path / ".venv" / "bin" / "python").symlink_to(python)
    if intact:
        (tmp_path / "intact").touch()
    assert call_make(tmp_path, "setup", PYTHON=str(python)).returncode == 0
    made = "-m venv .venv" in told.read_text().splitlines()
    assert made is (moved or not intact)
    stamp = tmp_path / ".venv" / ".metaworkbook-current"
    assert stamp.read_text() == f"{tmp_path.resolve()}\n"


@pytest.mark.parametrize("lost", [False, True])
def test_a_lost_file_of_a_package_is_damage(tmp_path, lost):
    (tmp_path / "x-1.dist-info").mkdir()
    (tmp_path / "x-1.dist-info" / "METADATA").write_text("Name: x\n", encoding="utf-8")
    (tmp_path / "x-1.dist-info" / "RECORD").write_text("x/a.py,,\nx/b.pyc,,\n", encoding="utf-8")
    if not lost:
        (tmp_path / "x").mkdir()
        (tmp_path / "x" / "a.py").touch()
    script = f"import sys; sys.path = [{str(tmp_path)!r}, *sys.path]; import runpy; "
    script += f"runpy.run_path({str(ROOT / '.ci' / 'intact.py')!r})"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert ended.returncode == lost
    assert ended.stderr.endswith("lacks files of x\n" if lost else "")

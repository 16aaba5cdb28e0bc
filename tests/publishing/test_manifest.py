"""The manifest and the RO-Crate: every file and source listed, every alteration found."""

from __future__ import annotations

import hashlib
import json

import pytest
from rocrate.rocrate import ROCrate

from metaworkbook.errors import WorkbookError
from metaworkbook.publishing import crate, keys, manifest
from metaworkbook.publishing.provenance import PACKAGES, Provenance, gather_provenance

from . import books

PROVENANCE = Provenance("c" * 64, {"python": "3.11.7", "metaworkbook": "0.1.0"}, "b" * 12)


@pytest.fixture
def site(project, monkeypatch):
    monkeypatch.setattr(keys, "list_package", lambda package: [package / "errors.py"])
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    books.add_page(project, "one", books.make_notebook("1"))
    site = project / "build" / "site"
    (site / "nb").mkdir(parents=True)
    (site / "data").mkdir()
    (site / "index.html").write_text("en", encoding="utf-8")
    (site / "nb" / "index.html").write_text("nb", encoding="utf-8")
    (site / "data" / "one.csv").write_text("a,b\n", encoding="utf-8")
    describe(site, project)
    sources = manifest.list_sources(project)
    manifest.write_manifest(site, sources, {"package": "1"}, manifest.list_files(site))
    return site


def describe(site, project):
    day, sources = crate.publication_date(project), manifest.list_sources(project)
    crate.write_crate(site, day, PROVENANCE, sources, manifest.list_files(site))


def read(site, file):
    return json.loads((site / file).read_text(encoding="utf-8"))


def test_the_manifest_lists_every_file_and_source_by_its_checksum(site, project):
    listed = read(site, manifest.FILE)
    assert set(listed["files"]) == {
        "index.html", "nb/index.html", "data/one.csv", "ro-crate-metadata.json",
    }  # fmt: skip
    assert listed["files"]["index.html"] == hashlib.sha256(b"en").hexdigest()
    assert {
        "effects/studies.csv", "effects/datapackage.yaml", "notebooks/one.ipynb",
        "notebooks/pages.toml", "requirements.lock", "lib/metaworkbook/errors.py",
    } <= set(listed["sources"])  # fmt: skip
    for name in ("effects/studies.csv", "notebooks/one.ipynb"):
        assert listed["sources"][name] == keys.digest_file(project / name)


def test_a_site_as_built_is_verified(site, project):
    assert manifest.verify(site) == ([], 4)
    assert manifest.verify(site, project) == ([], 4)


def test_every_alteration_of_the_site_is_found_at_once(site):
    (site / "index.html").write_text("altered", encoding="utf-8")
    (site / "data" / "one.csv").unlink()
    (site / "data" / "more.csv").write_text("", encoding="utf-8")
    (site / "none").mkdir()
    (site / "elsewhere").symlink_to(site / "data", target_is_directory=True)
    problems, _ = manifest.verify(site)
    found = {problem.file: problem.found for problem in problems}
    assert found["data/one.csv"] == "no file"
    assert found["data/more.csv"] == "a file that is not in the manifest"
    assert found["none/"] == found["elsewhere"] == "a file that is not in the manifest"
    assert found["index.html"].startswith("checksum ")
    assert len(found) == 5


def test_sources_that_moved_since_are_found_in_the_project_only(site, project):
    with (project / "effects" / "studies.csv").open("a", encoding="utf-8") as file:
        file.write("\n")
    (problem,) = manifest.verify(site, project)[0]
    assert problem.file == "effects/studies.csv"
    assert problem.remedy == "Run: metaworkbook report"
    assert manifest.verify(site)[0] == []


@pytest.mark.parametrize("text", [
    "", "{}", "[]", '{"files": 3, "sources": {}}', '{"files": {}, "sources": {}}',
    '{"files": {}, "sources": {}, "state": {}, "format": 99}',
])  # fmt: skip
def test_a_site_without_a_sound_manifest_is_refused(site, text):
    (site / manifest.FILE).write_text(text, encoding="utf-8")
    with pytest.raises(WorkbookError, match="no manifest"):
        manifest.verify(site)
    assert not manifest.read_state(site)


def test_a_folder_without_a_manifest_is_refused(tmp_path):
    with pytest.raises(WorkbookError, match="no readable file"):
        manifest.verify(tmp_path)
    assert manifest.read_state(tmp_path) is None


def test_the_state_is_read_back(site):
    assert manifest.read_state(site) == {"package": "1"}


def test_the_crate_can_be_read_and_names_files_evidence_and_software(site, project):
    described = ROCrate(site)
    root = described.root_dataset
    assert root["datePublished"] == "1970-01-02"
    for name in ("name", "description", "license"):
        assert root[name]
    assert {part.id for part in root["hasPart"]} == {
        "data/", "data/one.csv", "index.html", "nb/", "nb/index.html",
    }  # fmt: skip
    page = described.get("data/one.csv")
    assert page["contentSize"] == "4"
    assert page["encodingFormat"] == "text/csv"
    assert page["sha256"] == keys.digest_file(site / "data" / "one.csv")
    build = described.get("#build")
    assert PROVENANCE.checksum in build["name"]
    assert build["instrument"]["softwareRequirements"] == ["python 3.11.7", "metaworkbook 0.1.0"]
    tables = {entity["name"] for entity in build["object"]}
    assert tables == {f"effects/{file.name}" for file in (project / "effects").iterdir()}


def test_two_crates_of_the_same_site_have_the_same_bytes(site, project):
    before = (site / crate.FILE).read_bytes()
    (site / crate.FILE).unlink()
    (site / manifest.FILE).unlink()
    describe(site, project)
    assert (site / crate.FILE).read_bytes() == before


def test_a_project_without_a_history_has_a_fixed_day(tmp_path, monkeypatch):
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    assert crate.publication_date(tmp_path) == crate.UNDATED
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    with pytest.raises(WorkbookError, match="found 'yesterday'; allowed: whole seconds"):
        crate.publication_date(tmp_path)


def test_provenance_names_python_and_every_package_that_computes():
    provenance = gather_provenance("c" * 64, "b" * 64)
    assert list(provenance.versions) == ["python", *PACKAGES]
    assert "not installed" not in provenance.versions.values()
    assert provenance.built_from == "b" * 12

"""Mutations: whatever is done to the ledger is reported at its place, or changes no meaning."""

from __future__ import annotations

import csv
import re

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from metaworkbook.evidence.descriptions import describe_effects
from metaworkbook.evidence.dictionary import FILE
from metaworkbook.evidence.ledger import Ledger, check_ledger, read_ledger, read_tables

from .. import ledgers
from . import mutants

#: A few hundred cases over all tests in CI; the long runs of 20,000 are marked slow.
FEW, MANY = 60, 10_000
BASES = {"made up": ledgers.make_tables(), "real": mutants.real_subset()}
PLAIN = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")
short = settings(max_examples=FEW, suppress_health_check=list(HealthCheck))
long = settings(max_examples=MANY, suppress_health_check=list(HealthCheck), phases=[Phase.generate])


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """One folder a base; each case changes one file and puts it back."""
    folder = tmp_path_factory.mktemp("mutants")
    return {
        name: ledgers.write(folder / name.replace(" ", "_"), tables)
        for name, tables in BASES.items()
    }


@pytest.fixture(scope="module")
def originals(folders):
    return {name: read_ledger(folder).tables for name, folder in folders.items()}


def test_bases_are_sound(folders, originals):
    for name, folder in folders.items():
        assert check_ledger(folder) == []
        assert set(originals[name]) == set(ledgers.DICTIONARY)
    assert len(originals["real"]["effects"]) > 30


def judge(mutant, folder, original):
    """Check one mutant; the folder is as before afterwards."""
    file = folder / ledgers.DICTIONARY[mutant.table].path
    before = file.read_bytes()
    try:
        if mutant.raw is None:
            file.unlink()
        else:
            file.write_bytes(mutant.raw)
        tables, problems = read_tables(folder)
        check_messages(problems, folder)
        if not problems:
            check_meaning(mutant, tables, original)
            check_use(tables)
    finally:
        file.write_bytes(before)


def check_messages(problems, folder):
    files = {f"effects/{table.path}" for table in ledgers.DICTIONARY.values()}
    for problem in problems:
        assert problem.file in files
        assert problem.found
        assert problem.allowed
        assert problem.remedy
        assert len(str(problem).splitlines()) == 1
        assert str(problem).isprintable()
        # Only a file that is not there has no row.
        exists = (folder / problem.file.removeprefix("effects/")).is_file()
        assert (problem.row > 0) == exists


def check_meaning(mutant, tables, original):
    """Nothing was reported: then the tables say what the file says, and no more has changed."""
    for name in original:
        if name != mutant.table:
            assert tables[name].equals(original[name])
    found, was = tables[mutant.table], original[mutant.table]
    told = mutants.plain_rows(mutant.raw)
    assert len(found) == len(told)
    for column in ledgers.DICTIONARY[mutant.table].columns:
        cells = [row[column.name] for row in told]
        if column.type == "string":
            assert found[column.name].tolist() == cells
        else:
            # Python reads 1_000 and Arabic digits as numbers, which no ledger may hold.
            assert all(PLAIN.fullmatch(cell) for cell in cells if cell)
            expected = [float(cell) if cell else np.nan for cell in cells]
            np.testing.assert_array_equal(found[column.name].to_numpy(float), expected)
    if mutant.cells is not None:
        assert len(found) == len(was)
        differs = (found.reset_index(drop=True) != was.reset_index(drop=True)) & ~(
            found.reset_index(drop=True).isna() & was.reset_index(drop=True).isna()
        )
        assert differs.to_numpy().sum() <= mutant.cells
    if mutant.what == "row repeated":
        assert len(found) == len(was), "a repeated row is always reported"
    if mutant.table == "effects" and mutant.cells is not None:
        # No single slip turns the sign under which a row is analysed.
        assert found["direction_analysed"].tolist() == was["direction_analysed"].tolist()


def check_use(tables):
    """What passes can be converted: no number of a sound ledger stops the workbook."""
    rows = describe_effects(Ledger(tables, ""))
    exact = rows[rows["known"] == "exact"]
    assert np.isfinite(exact[["ri", "zi", "vi", "ni"]].to_numpy(float)).all()


@pytest.mark.parametrize("base", BASES)
def test_mutants(folders, originals, base):
    @short
    @given(mutants.mutants(BASES[base]))
    def run(mutant):
        judge(mutant, folders[base], originals[base])

    run()


def test_what_a_terminal_would_obey_stays_out_of_every_message(folders, originals):
    rows = ledgers.to_rows(BASES["made up"], "effects")
    for column in ("effect_id", "study_id", "sample_id", "x", "statistic"):
        changed = [list(row) for row in rows]
        changed[1][rows[0].index(column)] = "a\x04b\x1b[31m \U000747f9"
        mutant = mutants.Mutant("control characters", "effects", ledgers.to_csv(changed), 1)
        judge(mutant, folders["made up"], originals["made up"])


@pytest.mark.slow
@pytest.mark.parametrize("base", BASES)
def test_many_mutants(folders, originals, base):
    @long
    @given(mutants.mutants(BASES[base]))
    def run(mutant):
        judge(mutant, folders[base], originals[base])

    run()


@pytest.mark.parametrize("what", sorted(mutants.OPERATIONS))
def test_every_operation_is_put(folders, originals, what):
    """A mutation that is never drawn would prove nothing."""
    seen = []

    @settings(max_examples=3, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def run(data):
        rows = ledgers.to_rows(BASES["made up"], "effects")
        raw, cells = mutants.OPERATIONS[what](data.draw, rows, BASES["made up"])
        seen.append(raw)
        judge(mutants.Mutant(what, "effects", raw, cells), folders["made up"], originals["made up"])

    run()
    assert seen


# The dictionary.

LINES = (ledgers.REAL / FILE).read_text(encoding="utf-8").splitlines()


@st.composite
def dictionaries(draw):
    """Draw the text of a dictionary with one thing changed."""
    lines = list(LINES)
    place = draw(st.integers(0, len(lines) - 1))
    line = lines[place]
    column = draw(st.integers(0, len(line)))
    match draw(st.integers(0, 6)):
        case 0:
            del lines[place]
        case 1:
            lines.insert(place, line)
        case 2:
            lines[place] = (
                line[:column]
                + draw(st.sampled_from(list(":,{}[]'\"#&*!|>-? \t7a")))
                + line[column:]
            )
        case 3:
            lines[place] = line[:column] + line[column + 1 :]
        case 4:
            words = line.replace(",", " ").split() or [""]
            word = draw(st.sampled_from(words))
            other = draw(st.sampled_from(["", "null", "3", "yes", "string", "number", "[", "~"]))
            lines[place] = line.replace(word, other, 1) if word else line
        case 5:
            lines = lines[:place]
        case 6:
            other = draw(st.integers(0, len(lines) - 1))
            lines[place], lines[other] = lines[other], lines[place]
    return "\n".join(lines)


def judge_dictionary(text, folder):
    file = folder / FILE
    before = file.read_bytes()
    try:
        file.write_text(text, encoding="utf-8")
        for problem in check_ledger(folder):
            assert problem.file.startswith("effects/")
            assert problem.found
            assert problem.allowed
            assert problem.remedy
    finally:
        file.write_bytes(before)


def test_dictionaries(folders):
    @short
    @given(dictionaries())
    def run(text):
        judge_dictionary(text, folders["made up"])

    run()


@pytest.mark.slow
def test_many_dictionaries(folders):
    @settings(max_examples=3000, suppress_health_check=list(HealthCheck))
    @given(dictionaries())
    def run(text):
        judge_dictionary(text, folders["made up"])

    run()


def test_whole_real_ledger_under_one_slip(real_folder):
    """The real ledger as a whole: a slip in any column of one row is reported or changes a text."""
    file = real_folder / "effects.csv"
    with file.open(encoding="utf-8", newline="") as handle:
        header, *rows = csv.reader(handle)
    turned = [row for row in rows if row[header.index("direction_analysed")] == "negative"]
    turned[0][header.index("direction_analysed")] = "positive"
    file.write_bytes(ledgers.to_csv([header, *rows]))
    (problem,) = check_ledger(real_folder)
    assert (problem.key, problem.column) == (turned[0][0], "direction_analysed")

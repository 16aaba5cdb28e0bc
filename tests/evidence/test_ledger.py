"""The ledger: files as programs save them, cells as people type them, and what is refused."""

from __future__ import annotations

import os
import shutil

import numpy as np
import pandas as pd
import pytest

from metaworkbook.errors import LedgerError, WorkbookError
from metaworkbook.evidence.cells import LONGEST_CELL, judge
from metaworkbook.evidence.columns import EXCUSES, Column
from metaworkbook.evidence.ledger import check_ledger, compute_checksum, read_ahead, read_ledger

from .. import ledgers

EFFECTS = "effects/effects.csv"


def rewrite(folder, change, name="effects"):
    """Change the bytes of one table."""
    file = folder / f"{name}.csv"
    file.write_bytes(change(file.read_bytes()))
    return folder


def the_problem(folder):
    (problem,) = check_ledger(folder)
    assert problem.remedy.endswith(".")
    return problem


def assert_same(one, other):
    assert one.keys() == other.keys()
    for name in one:
        pd.testing.assert_frame_equal(one[name], other[name])


# Files that mean the same.


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: b"\xef\xbb\xbf" + raw,
        lambda raw: raw.replace(b"\n", b"\r\n"),
        lambda raw: b"\xef\xbb\xbf" + raw.replace(b"\n", b"\r\n"),
        lambda raw: raw.replace(b"\n", b"\r"),
        lambda raw: raw.rstrip(b"\n"),
    ],
    ids=["byte order mark", "CRLF", "both", "CR", "no newline at the end"],
)
def test_accepted_as_the_same(folder, small_ledger, change):
    for name in ledgers.DICTIONARY:
        rewrite(folder, change, name)
    ledger = read_ledger(folder)
    assert_same(ledger.tables, small_ledger.tables)
    assert ledger.checksum != small_ledger.checksum


def test_every_cell_quoted_is_the_same(tmp_path, tables, small_ledger):
    folder = ledgers.write(tmp_path / "effects", tables)
    for name in tables:
        lines = [
            ",".join('"' + cell.replace('"', '""') + '"' for cell in row)
            for row in ledgers.to_rows(tables, name)
        ]
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert_same(read_ledger(folder).tables, small_ledger.tables)


def test_columns_in_any_order_are_the_same(tmp_path, tables, small_ledger):
    folder = ledgers.write(tmp_path / "effects", tables)
    rows = [row[::-1] for row in ledgers.to_rows(tables, "effects")]
    (folder / "effects.csv").write_bytes(ledgers.to_csv(rows))
    assert_same(read_ledger(folder).tables, small_ledger.tables)


def test_types_and_index(small_ledger, tables):
    effects = small_ledger["effects"]
    assert effects.index.tolist() == list(range(2, len(tables["effects"]) + 2))
    for column in ledgers.DICTIONARY["effects"].columns:
        cells = [row[column.name] for row in tables["effects"]]
        if column.type == "string":
            assert effects[column.name].tolist() == cells
        else:
            assert effects[column.name].dtype == float
            expected = [float(cell) if cell else np.nan for cell in cells]
            np.testing.assert_array_equal(effects[column.name], expected)


def test_tables_are_handed_out_as_copies(small_ledger):
    effects = small_ledger["effects"]
    effects["n"] = 0
    assert (small_ledger["effects"]["n"] != 0).all()


def test_words_that_other_readers_turn_into_missing_stay_words(tmp_path, tables):
    words = ["NA so", "nano", "nullify", "None", "-", "TRUE", "1e5", "0123", "2020-01-01"]
    row = ledgers.find(tables, "studies", "alm2001")
    for word in words:
        row["title"] = word
        ledger = read_ledger(ledgers.write(tmp_path / "effects", tables))
        assert ledger["studies"]["title"].iloc[0] == word


def test_a_ledger_read_ahead_is_read_again_when_its_files_change(folder):
    ahead = read_ahead(folder)
    assert read_ledger(folder) is ahead
    raw = (folder / "studies.csv").read_bytes()
    rewrite(folder, lambda raw: b"\xef\xbb\xbf" + raw, "studies")
    assert read_ledger(folder) is not ahead
    rewrite(folder, lambda raw: raw.split(b"\n")[0], "studies")
    with pytest.raises(LedgerError, match="study_id"):
        read_ledger(folder)
    (folder / "studies.csv").unlink()
    with pytest.raises(LedgerError, match="No such file"):
        read_ledger(folder)
    (folder / "studies.csv").write_bytes(raw)
    assert read_ledger(folder) is ahead


def test_checksum_follows_every_byte(folder):
    before = compute_checksum(folder)
    assert before == compute_checksum(folder) == read_ledger(folder).checksum
    assert len(before) == 64
    seen = {before}
    for name in ("datapackage.yaml", *(table.path for table in ledgers.DICTIONARY.values())):
        file = folder / name
        raw = file.read_bytes()
        file.write_bytes(raw + b"#" if name.endswith("yaml") else b"\xef\xbb\xbf" + raw)
        seen.add(compute_checksum(folder))
        file.write_bytes(raw)
    assert len(seen) == len(ledgers.DICTIONARY) + 2
    assert compute_checksum(folder) == before


def test_reads_the_project_it_stands_in(folder, monkeypatch, small_ledger):
    monkeypatch.setenv("METAWORKBOOK_ROOT", str(folder.parent))
    assert read_ledger().checksum == small_ledger.checksum
    assert check_ledger() == []


def test_no_project(tmp_path, monkeypatch):
    monkeypatch.setenv("METAWORKBOOK_ROOT", str(tmp_path))
    with pytest.raises(WorkbookError, match="METAWORKBOOK_ROOT"):
        read_ledger()


# Files that cannot be read.


def test_missing_file(folder):
    (folder / "claims.csv").unlink()
    problem = the_problem(folder)
    assert (problem.file, problem.row) == ("effects/claims.csv", 0)
    assert problem.found == "No such file or directory"
    assert problem.allowed == "a readable file"


def test_folder_instead_of_a_file(folder):
    (folder / "claims.csv").unlink()
    (folder / "claims.csv").mkdir()
    assert the_problem(folder).found == "Is a directory"


def test_everything_missing(folder):
    for name in ledgers.DICTIONARY:
        (folder / f"{name}.csv").unlink()
    assert len(check_ledger(folder)) == len(ledgers.DICTIONARY)


@pytest.mark.parametrize("raw", [b"", b"\n", b"\xef\xbb\xbf"], ids=["empty", "newline", "mark"])
def test_empty_file(folder, raw):
    problems = check_ledger(rewrite(folder, lambda _: raw, "leftovers"))
    assert "an empty file" in {problem.found for problem in problems}
    assert {problem.row for problem in problems} == {1}


def test_header_alone(folder):
    rewrite(folder, lambda raw: raw.split(b"\n")[0] + b"\n", "leftovers")
    assert check_ledger(folder) == []
    assert len(read_ledger(folder)["leftovers"]) == 0


def test_every_table_without_rows(folder):
    for name in ledgers.DICTIONARY:
        rewrite(folder, lambda raw: raw.split(b"\n")[0] + b"\n", name)
    assert check_ledger(folder) == []


def test_latin_1(folder):
    rewrite(folder, lambda raw: raw.decode().encode("latin-1", "replace"), "studies")
    problem = the_problem(folder)
    assert (problem.file, problem.row) == ("effects/studies.csv", 4)
    assert problem.found == "byte 0xf8"
    assert problem.allowed == "text in UTF-8"


def test_utf_16(folder):
    rewrite(folder, lambda raw: raw.decode().encode("utf-16"), "studies")
    assert the_problem(folder).found in ("byte 0xff", "byte 0xfe")


@pytest.mark.parametrize("mark", [";", "\t"], ids=["semicolons", "tabs"])
def test_other_separators(tmp_path, tables, mark):
    folder = ledgers.write(tmp_path / "effects", tables)
    lines = [mark.join(row) for row in ledgers.to_rows(tables, "samples")]
    (folder / "samples.csv").write_text("\n".join(lines), encoding="utf-8")
    problem = the_problem(folder)
    assert (problem.file, problem.row) == ("effects/samples.csv", 1)
    assert problem.found.startswith("one column, ")
    assert problem.allowed == "columns separated by commas"


# Headers.


def change_header(folder, change, name="claims"):
    def rewritten(raw):
        header, _, rest = raw.decode().partition("\n")
        return "\n".join([change(header), rest]).encode()

    return rewrite(folder, rewritten, name)


def test_removed_column(tmp_path, tables):
    for row in tables["effects"]:
        del row["n"]
    folder = ledgers.write(tmp_path / "effects", tables)
    change_header(folder, lambda header: header.replace(",n,", ",", 1), "effects")
    problem = the_problem(folder)
    assert (problem.file, problem.row, problem.column) == (EFFECTS, 1, "n")
    assert (problem.found, problem.allowed) == ("no such column", "one of this name")


def test_renamed_column(folder):
    problems = check_ledger(change_header(folder, lambda h: h.replace("claim_id", "claim_ID")))
    assert [(p.row, p.column, p.found) for p in problems] == [
        (1, '"claim_ID"', "the wrong case"),
    ]
    problems = check_ledger(change_header(folder, lambda h: h.replace("claim_ID", "claim_key")))
    assert [(p.row, p.column, p.found) for p in problems] == [
        (1, '"claim_key"', "an unknown column"),
        (1, "claim_id", "no such column"),
    ]


def test_header_in_capitals(folder):
    problems = check_ledger(change_header(folder, str.upper, "reviews"))
    meant = {name for name in ledgers.columns_of("reviews") if name != name.upper()}
    assert {p.allowed for p in problems} == meant
    assert {p.found for p in problems} == {"the wrong case"}


@pytest.mark.parametrize("line", ["sep=,", "SEP=;", '"sep=,"'])
def test_line_that_a_spreadsheet_writes_for_itself(folder, line):
    problem = the_problem(rewrite(folder, lambda raw: line.encode() + b"\n" + raw))
    assert (problem.row, problem.column) == (1, "")
    assert problem.found.lower().startswith('"sep=')
    assert problem.remedy.startswith("Delete the first line")


def test_column_twice(folder):
    problems = check_ledger(change_header(folder, lambda h: h.replace("why", "x")))
    assert [(p.column, p.found) for p in problems] == [
        ('"x"', "2 such columns"),
        ("why", "no such column"),
    ]


def test_space_in_the_header(folder):
    problems = check_ledger(change_header(folder, lambda h: h.replace(",claim,", ", claim,")))
    assert [(p.column, p.found) for p in problems] == [
        ('" claim"', "an unknown column"),
        ("claim", "no such column"),
    ]


def test_two_byte_order_marks(folder):
    rewrite(folder, lambda raw: b"\xef\xbb\xbf" * 2 + raw, "claims")
    assert [p.column for p in check_ledger(folder)] == ["'\\ufeffclaim_id'", "claim_id"]


def test_other_tables_are_still_checked(tmp_path, tables):
    ledgers.find(tables, "samples", "bjork")["n"] = "sixty"
    folder = ledgers.write(tmp_path / "effects", tables)
    change_header(folder, lambda header: header.replace("effect_id", "effekt_id"), "effects")
    assert {p.file for p in check_ledger(folder)} == {EFFECTS, "effects/samples.csv"}


# Quotes, commas and line ends.


def replace_in(folder, old, new, name="effects"):
    def rewritten(raw):
        text = raw.decode()
        assert text.count(old) == 1
        return text.replace(old, new).encode()

    return rewrite(folder, rewritten, name)


def test_unclosed_quote(folder):
    problem = the_problem(replace_in(folder, "Significantly negative.", '"Significantly negative.'))
    assert (problem.file, problem.row) == (EFFECTS, 3)
    assert problem.allowed == "comma-separated cells, quotes doubled"
    assert "quotation mark" in problem.remedy


def test_stray_quote_after_a_quoted_cell(folder):
    replace_in(folder, "Negative, n printed.", 'Negative," n printed.')
    problem = the_problem(folder)
    assert (problem.file, problem.row) == (EFFECTS, 7)
    assert "expected" in problem.found


def test_comma_without_quotes(folder):
    problem = the_problem(replace_in(folder, '"Negative, n printed."', "Negative, n printed."))
    assert (problem.file, problem.row, problem.key) == (EFFECTS, 7, "bjork2005-01")
    columns = len(ledgers.columns_of("effects"))
    assert problem.found == f"{columns + 1} cells"
    assert problem.allowed == f"{columns} cells"


def test_row_with_too_many_cells_does_not_blame_rows_that_name_it(folder):
    problem = the_problem(rewrite(folder, lambda raw: raw.replace(b"alm2001,", b"alm2001,,", 1),
                                  "studies"))  # fmt: skip
    assert (problem.file, problem.row, problem.key) == ("effects/studies.csv", 2, "alm2001")


def test_newline_in_a_cell(folder):
    problem = the_problem(replace_in(folder, "A weight, adjusted.", "A weight,\nadjusted."))
    assert (problem.row, problem.key, problem.column) == (9, "bjork2005-03", "summary")
    assert problem.found == "'A weight,\\nadjusted.'"
    assert "one line" in problem.remedy


def test_lines_are_counted_as_an_editor_does(folder):
    replace_in(folder, "A weight, adjusted.", "A weight,\nadjusted.")
    replace_in(folder, "A t of a correlation.", " A t of a correlation.")
    replace_in(folder, "An interaction.", "An interaction. ")
    assert [(p.row, p.key) for p in check_ledger(folder)] == [
        (6, "alm2003-03"),
        (9, "bjork2005-03"),
        (12, "bjork2005-05"),
    ]


def test_empty_line(folder):
    rewrite(folder, lambda raw: raw.replace(b"\ngran", b"\n\ngran", 1), "effects")
    problem = the_problem(folder)
    assert (problem.row, problem.found) == (12, "an empty line")


# Cells.

NUMBER = Column("n", "number", "a number")
COUNT = Column("n", "integer", "a count", minimum=4)
TEXT = Column("note", "string", "a note")
REASON = Column("oddity", "string", "what is odd")
SEEN = "Delete the invisible or broken character, or type a plain space in its place."
POINT = "Write the number with a point and nothing else; leave the cell blank if unknown."


@pytest.mark.parametrize(
    "text",
    [
        "nan", "NaN", "inf", "-Infinity", "0,30", "1,234", "1 234", "1'234", "1_000", "30 persons",
        "n=30", "=30", "12.03.2020", "2020-03-12", "3/4", "50%", ".", "-", "+", "e5", "1e", "0x1F",
        "٣٠", "\u221230", "½", "<.05", "TRUE", "--3", "3..0",
    ],
)  # fmt: skip
def test_no_number(text):
    assert judge(NUMBER, text) == POINT


@pytest.mark.parametrize("text", ["30", "-0.30", ".05", "5.", "+1", "1e-3", "007", "1E5", "-0"])
def test_numbers(text):
    assert judge(NUMBER, text) == ""


@pytest.mark.parametrize("text", ["3", "0", "-30", "9007199254740993"])
def test_no_count(text):
    assert judge(COUNT, text) == "Correct the number."


@pytest.mark.parametrize("text", ["30.5", "44.000", "44.", "12.000", "30.0", "3e1", "1e999"])
def test_no_whole_number(text):
    """12.000 is twelve thousand where the coder comes from, and twelve to a computer."""
    assert judge(COUNT, text) == (
        "Write the whole number in digits alone, thousands without a point."
    )


@pytest.mark.parametrize("text", ["4", "30", "+30", "007", ""])
def test_counts(text):
    assert judge(COUNT, text) == ""


def test_thousands_of_people():
    heads = Column("n_total", "number", "persons", minimum=1)
    assert "thousands" in judge(heads, "2.126")
    assert judge(NUMBER, "2.126") == judge(heads, "581.17") == judge(heads, "2126") == ""


@pytest.mark.parametrize(
    "text",
    ["NA", "na", "n/a", "N/A", "NULL", "null", "NaN", "nan", "#N/A", "#NAME?", "#REF!", "#VALUE!",
     "#DIV/0!"],
)  # fmt: skip
def test_words_for_missing(text):
    for column in (TEXT, REASON, Column("doi", "string", "a DOI", pattern=".*")):
        assert judge(column, text) == (
            "Leave the cell blank if nothing is reported, or write what stands there."
        )


@pytest.mark.parametrize("name", EXCUSES)
@pytest.mark.parametrize(
    "text",
    ["no", "No.", "none", "NONE", "-", "--", ".", "?", "x", "0", "1", "yes", "True", "false",
     "n.a.", "nei", "…"],
)  # fmt: skip
def test_no_reason(name, text):
    """A cell that lets its row off every rule says why."""
    assert judge(Column(name, "string", "why"), text) == (
        "Give the reason in words, or leave the cell blank: it lets the row off."
    )
    assert judge(TEXT, text) == ""


@pytest.mark.parametrize(
    "text", ["misprint", "one left", "higher = worse", "印刷错误", "No n shown"]
)
def test_reasons(text):
    assert judge(REASON, text) == ""


#: Soft hyphen, Arabic and Mongolian marks, joiners, fillers, tags, spaces that are none.
HIDDEN = (
    "\u00ad\u061c\u034f\u115f\u1160\u180e\u2000\u202f\u3000\u3164\ufe0f\uffa0\uffff"
    "\U000e0041\U000e0100\U0001d173\u00a0"
)


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        (" x", "Delete the space at the start or end of the cell."),
        ("x ", "Delete the space at the start or end of the cell."),
        ("x\u00a0", "Delete the space at the start or end of the cell."),
        ("\tx", "Delete the space at the start or end of the cell."),
        (" ", "Delete the space at the start or end of the cell."),
        ("a\tb", SEEN),
        ("a\x00b", SEEN),
        ("a\x1bb", SEEN),
        ("a\x85b", SEEN),
        ("a\u200bb", SEEN),
        ("a\u202eb", SEEN),
        ("a\u2028b", SEEN),
        ("a\u2066b", SEEN),
        ("a\ufeffb", SEEN),
        ("a\ufffdb", SEEN),
        *((f"a{letter}b", SEEN) for letter in HIDDEN),
        ("a\nb", "Keep the record on one line; look for a missing quotation mark."),
        ("a\rb", "Keep the record on one line; look for a missing quotation mark."),
        ("a\n", "Keep the record on one line; look for a missing quotation mark."),
        ("a" * (LONGEST_CELL + 1),
         f"Shorten it to {LONGEST_CELL} characters; look for a missing quotation mark."),
    ],
)  # fmt: skip
def test_no_text(text, remedy):
    assert judge(TEXT, text) == remedy


@pytest.mark.parametrize(
    "text",
    [
        "=1+1", "=HYPERLINK(\"https://a.example\",\"b\")", "+47", "-0.3", "@import", "<b>bold</b>",
        "<script>alert(1)</script>", "a & b", "&lt;", "Ærlig Øst Å", "依恋", "\U0001f600",
        "“quoted” – ‘so’", "$\\alpha$", "{{ x }}", "%s {0}", "../../etc", "a" * LONGEST_CELL,
    ],
)  # fmt: skip
def test_any_text_passes_unchanged(tmp_path, tables, text):
    assert judge(TEXT, text) == ""
    ledgers.find(tables, "studies", "alm2001")["note"] = text
    studies = read_ledger(ledgers.write(tmp_path / "effects", tables))["studies"]
    assert studies["note"].iloc[0] == text


def test_huge_cell_is_shown_short(tmp_path, tables):
    ledgers.find(tables, "studies", "alm2001")["note"] = "a" * 20_000
    problem = the_problem(ledgers.write(tmp_path / "effects", tables))
    assert problem.found == '"' + "a" * 60 + '..."'


def test_cell_beyond_what_a_csv_reader_takes(tmp_path, tables):
    ledgers.find(tables, "studies", "alm2001")["note"] = "a" * 200_000
    problem = the_problem(ledgers.write(tmp_path / "effects", tables))
    assert (problem.file, problem.row) == ("effects/studies.csv", 2)
    # The reader's limit is the process's, and other packages raise it.
    assert "field limit" in problem.found or problem.column == "note"


DOI = (
    'text like "10.1080/10503307.2023.2195054" (DOI, without https://doi.org/ before it), or blank'
)
#: Table, row, column, cell, what is allowed.
CELLS = {
    "unknown word": ("effects", "alm2001-01", "y_rater", "patient",
                     "client, therapist, observer, mixed, unclear, or blank"),
    "word in capitals": ("effects", "alm2001-01", "direction", "Negative",
                         "negative, positive, none, mixed, unstated"),
    "word left out": ("effects", "alm2001-01", "direction", "",
                      "negative, positive, none, mixed, unstated"),
    "text left out": ("effects", "alm2001-01", "summary", "", "text"),
    "n below 4": ("effects", "bjork2005-05", "n", "3", "a whole number, at least 4, or blank"),
    "n not whole": ("effects", "bjork2005-05", "n", "60.5", "a whole number, at least 4, or blank"),
    "p above 1": ("effects", "bjork2005-02", "p_value", "1.02",
                  "a number with a decimal point, at least 0, at most 1, or blank"),
    "share in percent": ("shares", "hassel2012-03", "share", "26",
                         "a number with a decimal point, at least 0, at most 1, or blank"),
    "DOI with resolver": ("studies", "alm2001", "doi", "https://doi.org/10.1234/alm",
                          DOI),
    "DOI with word": ("studies", "alm2001", "doi", "doi:10.1234/alm",
                      DOI),
    "DOI with tag": ("studies", "alm2001", "doi", "10.1234/<b>",
                     DOI),
    "DOI with the stop of its sentence": ("studies", "alm2001", "doi", "10.1234/alm.", DOI),
    "script for a link": ("effects", "alm2001-01", "source_url", "javascript:alert(1)",
                          'text like "https://openaccess.city.ac.uk/id/eprint/14799" '
                          "(Where it was read), or blank"),
    "path for an id": ("leftovers", "hassel2012-09", "raw_table", "../effects",
                       "effects, reviews, review_moderators, studies, second_coding"),
    "year 20001": ("studies", "alm2001", "year", "20001",
                   "a whole number, at least 1900, at most 2030, or blank"),
}  # fmt: skip


@pytest.mark.parametrize("name", CELLS)
def test_one_bad_cell_is_one_problem(tmp_path, tables, name):
    table, key, column, cell, allowed = CELLS[name]
    ledgers.find(tables, table, key)[column] = cell
    problem = the_problem(ledgers.write(tmp_path / "effects", tables))
    line = ledgers.line_of(tables, table, key)
    assert (problem.file, problem.row, problem.key) == (f"effects/{table}.csv", line, key)
    assert (problem.column, problem.allowed) == (column, allowed)
    assert problem.found == (f'"{cell}"' if cell else "blank")


@pytest.mark.parametrize("path", ["../../etc/passwd", "a/b", "a\\b", "a b", "A", "é", "a.b", "%2e"])
@pytest.mark.parametrize("table", ["studies", "samples", "effects", "constructs", "reviews"])
def test_ids_are_no_paths(table, path):
    (key,) = (
        c for c in ledgers.DICTIONARY[table].columns if c.name == ledgers.DICTIONARY[table].key
    )
    assert judge(key, path) == "Write it in the form allowed."
    if table in ("effects", "reviews"):
        assert judge(key, path + "-01") == "Write it in the form allowed."


def test_every_table_is_named_by_a_required_unique_first_column():
    for table in ledgers.DICTIONARY.values():
        assert table.columns[0].name == table.key
        assert table.columns[0].required
        assert table.columns[0].unique == bool(table.primary_key)


def test_id_given_twice(tmp_path, tables):
    tables["samples"].append(dict(tables["samples"][0]))
    problem = the_problem(ledgers.write(tmp_path / "effects", tables))
    assert (problem.file, problem.row, problem.column) == ("effects/samples.csv", 6, "sample_id")
    assert problem.found == '"alm"'
    assert problem.allowed == "an id that no other row has"
    assert problem.remedy == "Row 2 has it already: correct one of them, or delete one row."


def test_many_problems_are_all_listed(tmp_path, tables):
    for row in tables["effects"]:
        row["confidence"] = "sure"
    with pytest.raises(LedgerError) as caught:
        read_ledger(ledgers.write(tmp_path / "effects", tables))
    assert len(caught.value.problems) == len(tables["effects"])
    assert str(caught.value).splitlines()[-1] == f"{len(tables['effects'])} problems found."


def test_unreadable_file(folder):
    if os.geteuid() == 0:  # the superuser reads everything: a link to itself is refused to all
        (folder / "claims.csv").unlink()
        (folder / "claims.csv").symlink_to(folder / "claims.csv")
    else:
        (folder / "claims.csv").chmod(0)
    assert the_problem(folder).allowed == "a readable file"


def test_real_ledger_survives_other_programs(real_folder, real_ledger):
    """What a spreadsheet does to the real files, byte order mark and CRLF, changes no meaning."""
    for table in ledgers.DICTIONARY.values():
        file = real_folder / table.path
        file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b"\n", b"\r\n"))
    assert_same(read_ledger(real_folder).tables, real_ledger.tables)
    shutil.rmtree(real_folder)


def test_a_table_that_nobody_reads_is_named(folder):
    (folder / "effects (1).csv").write_text("", encoding="utf-8")
    (folder / "OLD.CSV").mkdir()
    (folder / ".hidden.csv").write_text("", encoding="utf-8")
    found = check_ledger(folder)
    assert [problem.file for problem in found] == ["effects/OLD.CSV", "effects/effects (1).csv"]
    assert "effects.csv" in found[0].allowed


@pytest.mark.parametrize("name", ["claims.csv", "datapackage.yaml"])
def test_a_pipe_is_no_file(folder, name):
    (folder / name).unlink()
    os.mkfifo(folder / name)
    assert the_problem(folder).found == "a pipe"


def test_brackets_without_end_do_not_end_the_process(folder):
    (folder / "datapackage.yaml").write_text("[" * 50_000, encoding="utf-8")
    assert "open brackets" in the_problem(folder).found

"""Mutants: a sound ledger with one thing changed, as hands, spreadsheets and accidents do it."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field

from hypothesis import strategies as st

from .. import ledgers

#: What people, programs and attackers write into a cell.
NASTY = [
    "", " ", "NA", "nan", "null", "None", "-", "0", "1", "-1", "3", "0,5", "1.5", "-0.3", "1e400",
    "1e-400", "1e308", "999999999999999999", "1_000", "2020-01-01", "12:30", "TRUE", "=1+1",
    "@SUM(A1)", "<b>x</b>", "<script>alert(1)</script>", "../../etc/passwd", "a,b", "a;b", 'a"b',
    '"', '""', "a\nb", "a\r\nb", "\n", "a\tb", "a\x00b", "\x1b[31m", "\ufeff", "\u202eabc",
    "\u200b", "\ufffd", "é", "e\u0301", "依恋", "\U0001f600", "negative", "positive", "unstated",
    "reversed", "construct", "yes", "no", "significant", "r", "x" * 6000, "x" * 140_000, "P1 P99",
    "10.1234/a b", "http://", "javascript:alert(1)", "\u2212.30", "٣", "%s", "{0}", "\\", "'",
]  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """One changed file: what was done, to which table, and the new bytes (None: the file is gone).

    ``cells`` bounds the number of cells that may differ where nothing is reported; None where the
    change is one of whole records or columns. ``near`` shows a reader of a failure what changed.
    """

    what: str
    table: str
    raw: bytes | None = field(repr=False)
    cells: int | None = None
    near: tuple[bytes, ...] = ()

    def _repr_pretty_(self, printer, cycle):
        """Show hypothesis what changed, not the whole file: it refuses to print that much."""
        printer.text(f"{self.what} in {self.table}: {self.near}")


def real_subset():
    """Return a small part of the real ledger that is sound by itself, as tables of text."""
    whole = {}
    for name, table in ledgers.DICTIONARY.items():
        with (ledgers.REAL / table.path).open(encoding="utf-8", newline="") as file:
            whole[name] = list(csv.DictReader(file))
    overlaps = {row["study_id"]: row["same_sample_as"].split() for row in whole["studies"]}
    wanted = {"eames2000", "sauer2003", "chinesewai71", "strauss2018", "petrowski2018"}
    by_sample = {}
    for row in whole["effects"]:
        by_sample.setdefault(row["sample_id"], set()).add(row["study_id"])
    while True:
        more = {other for study in wanted for other in overlaps.get(study, ())}
        more |= {study for group in by_sample.values() if group & wanted for study in group}
        if more <= wanted:
            break
        wanted |= more
    metas = {"notsu2024", "bernecker2014", "diener2011"}
    kept = {
        "studies": [row for row in whole["studies"] if row["study_id"] in wanted],
        "effects": [row for row in whole["effects"] if row["study_id"] in wanted],
        "claims": [row for row in whole["claims"] if row["study_id"] in wanted],
        "constructs": whole["constructs"],
        "reviews": [row for row in whole["reviews"] if row["meta_id"] in metas],
        "review_moderators": [row for row in whole["review_moderators"] if row["meta_id"] in metas],
        "leftovers": whole["leftovers"][:4],
    }
    effects = {row["effect_id"] for row in kept["effects"]}
    samples = {row["sample_id"] for row in kept["effects"]}
    homes = effects | {row["claim_id"] for row in kept["claims"]}
    kept["samples"] = [row for row in whole["samples"] if row["sample_id"] in samples]
    kept["shares"] = [row for row in whole["shares"] if row["effect_id"] in effects]
    kept["second_coding"] = [row for row in whole["second_coding"] if row["effect_id"] in homes]
    return {name: kept[name] for name in ledgers.DICTIONARY}


def plain_rows(raw):
    """Read a CSV file as simply as can be: an independent witness of what it says."""
    text = raw.decode("utf-8-sig")
    header, *rows = [row for row in csv.reader(io.StringIO(text, newline="")) if row]
    return [dict(zip(header, row, strict=True)) for row in rows]


@st.composite
def mutants(draw, tables):
    """Draw a mutant of a ledger given as tables of text."""
    name = draw(st.sampled_from(sorted(tables, key=lambda n: n != "effects")))
    rows = ledgers.to_rows(tables, name)
    what = draw(st.sampled_from(sorted(OPERATIONS)))
    raw, cells = OPERATIONS[what](draw, [list(row) for row in rows], tables)
    before = set(ledgers.to_csv(rows).split(b"\n"))
    near = [line[:400] for line in (raw or b"").split(b"\n") if line not in before]
    return Mutant(what, name, raw, cells, tuple(near[:3]))


def pick(draw, items):
    return draw(st.integers(0, len(items) - 1))


def with_cell(change):
    def operation(draw, rows, tables):
        if len(rows) < 2:
            return ledgers.to_csv(rows), 0
        line, column = 1 + pick(draw, rows[1:]), pick(draw, rows[0])
        rows[line][column] = change(draw, rows, line, column)
        return ledgers.to_csv(rows), 1

    return operation


def number_changed(draw, rows, line, column):
    text = rows[line][column]
    if not any(letter.isdigit() for letter in text):
        return text
    return draw(st.sampled_from([
        "-" + text, text.replace(".", ","), text.replace("0.", "", 1), text + "0", text[::-1],
        text.replace("-", "", 1), text + "%", "0" + text, text.replace(".", "", 1),
    ]))  # fmt: skip


def other_word(draw, rows, line, column):
    words = sorted({row[column] for row in rows[1:]})
    return words[pick(draw, words)]


def with_rows(change):
    def operation(draw, rows, tables):
        if len(rows) > 2:
            change(draw, rows)
        return ledgers.to_csv(rows), None

    return operation


def delete_row(draw, rows):
    del rows[1 + pick(draw, rows[1:])]


def repeat_row(draw, rows):
    rows.insert(1 + pick(draw, rows[1:]), list(rows[1 + pick(draw, rows[1:])]))


def repeat_under_new_id(draw, rows):
    row = list(rows[1 + pick(draw, rows[1:])])
    row[0] = row[0].rsplit("-", 1)[0] + "-77"
    rows.append(row)


def move_row(draw, rows):
    rows.insert(1 + pick(draw, rows[1:]), rows.pop(1 + pick(draw, rows[1:])))


def shift_cells(draw, rows):
    row = rows[1 + pick(draw, rows[1:])]
    row.insert(pick(draw, row), row.pop(pick(draw, row)))


def swap_in_column(draw, rows):
    column = pick(draw, rows[0])
    one, two = rows[1 + pick(draw, rows[1:])], rows[1 + pick(draw, rows[1:])]
    one[column], two[column] = two[column], one[column]


def drop_cell(draw, rows):
    row = rows[1 + pick(draw, rows[1:])]
    del row[pick(draw, row)]


def drop_column(draw, rows):
    column = pick(draw, rows[0])
    for row in rows:
        del row[column]


def rename_column(draw, rows):
    rows[0][pick(draw, rows[0])] = draw(st.sampled_from(["", "n", "N", "effect", " value", "x\n"]))


def reorder_columns(draw, rows):
    column, place = pick(draw, rows[0]), pick(draw, rows[0])
    for row in rows:
        row.insert(place, row.pop(column))


def with_bytes(change):
    def operation(draw, rows, tables):
        raw = ledgers.to_csv(rows)
        return change(draw, raw, pick(draw, raw)), 1

    return operation


def put_byte(draw, raw, place):
    byte = draw(
        st.sampled_from([b'"', b",", b"\n", b"\r", b"\xff", b"\x00", b";", b"-", b"7", b" "])
    )
    return raw[:place] + byte + raw[place:]


def cut_byte(draw, raw, place):
    return raw[:place] + raw[place + 1 :]


def turn_byte(draw, raw, place):
    return raw[:place] + bytes([draw(st.integers(0, 255))]) + raw[place + 1 :]


def cut_off(draw, raw, place):
    return raw[:place]


def with_encoding(draw, rows, tables):
    raw = ledgers.to_csv(rows)
    change = draw(st.sampled_from([
        lambda: b"\xef\xbb\xbf" + raw, lambda: raw.replace(b"\n", b"\r\n"),
        lambda: raw.replace(b"\n", b"\r"), lambda: raw.decode().encode("utf-16"),
        lambda: raw.decode().encode("cp1252", "replace"), lambda: raw.replace(b",", b";"),
        lambda: raw.replace(b",", b"\t"), lambda: raw + b"\n", lambda: b"\n" + raw,
        lambda: raw.replace(b'"', b"'"), lambda: raw + raw, lambda: b"", lambda: None,
    ]))  # fmt: skip
    return change(), None


OPERATIONS = {
    "nasty cell": with_cell(lambda draw, *_: draw(st.sampled_from(NASTY))),
    "any cell": with_cell(lambda draw, *_: draw(st.text(max_size=12))),
    "another word": with_cell(other_word),
    "number changed": with_cell(number_changed),
    "row deleted": with_rows(delete_row),
    "row repeated": with_rows(repeat_row),
    "row repeated under a new id": with_rows(repeat_under_new_id),
    "row moved": with_rows(move_row),
    "cells shifted": with_rows(shift_cells),
    "cells swapped": with_rows(swap_in_column),
    "cell dropped": with_rows(drop_cell),
    "column dropped": with_rows(drop_column),
    "column renamed": with_rows(rename_column),
    "columns reordered": with_rows(reorder_columns),
    "byte put": with_bytes(put_byte),
    "byte cut": with_bytes(cut_byte),
    "byte turned": with_bytes(turn_byte),
    "cut off": lambda *args: (with_bytes(cut_off)(*args)[0], None),
    "saved otherwise": with_encoding,
}

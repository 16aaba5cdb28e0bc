"""The dictionary: what it must say, and every way in which it can say too little."""

from __future__ import annotations

import copy
import json

import pytest
import yaml

from metaworkbook.errors import LedgerError
from metaworkbook.evidence.columns import NUMBERS, TABLES, WORDS, Column
from metaworkbook.evidence.descriptions import describe_effects
from metaworkbook.evidence.dictionary import FILE, read_dictionary
from metaworkbook.evidence.ledger import check_ledger, read_ledger
from metaworkbook.evidence.parameters import MEASURES, PHASES, RATERS
from metaworkbook.evidence.selection import select

from .. import ledgers

PLACE = f"effects/{FILE}"


CONTENT = yaml.safe_load((ledgers.REAL / FILE).read_text(encoding="utf-8"))


@pytest.fixture
def content():
    return copy.deepcopy(CONTENT)


def problems_of(folder):
    with pytest.raises(LedgerError) as caught:
        read_dictionary(folder)
    for problem in caught.value.problems:
        assert problem.file == PLACE
        assert problem.found
        assert problem.allowed
        assert problem.remedy.endswith(".")
    return caught.value.problems


def written(tmp_path, content):
    # JSON is YAML, and much faster to write and read.
    (tmp_path / FILE).write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return tmp_path


def table_of(content, name):
    return next(table for table in content["resources"] if table["name"] == name)


def field_of(content, table, name):
    fields = table_of(content, table)["schema"]["fields"]
    return next(field for field in fields if field["name"] == name)


def test_parameters_take_the_words_of_the_dictionary():
    columns = {column.name: column for column in ledgers.DICTIONARY["effects"].columns}
    for words, name in ((RATERS, "y_rater"), (PHASES, "phase"), (MEASURES, "measure_family")):
        assert set(words) - {"any"} == set(columns[name].enum) - {""}


def test_real_dictionary_describes_every_table_and_column():
    tables = read_dictionary(ledgers.REAL)
    assert tuple(sorted(tables)) == tuple(sorted(TABLES))
    for name, table in tables.items():
        assert table.path == f"{name}.csv"
        assert table.title
        assert (ledgers.REAL / table.path).is_file()
        for column in table.columns:
            assert column.description
    assert tables["effects"].column("n").minimum == 4
    assert tables["effects"].column("direction").enum[0] == "negative"
    assert {link.column for link in tables["effects"].foreign_keys} >= {"study_id", "sample_id"}
    with pytest.raises(StopIteration):
        tables["effects"].column("nothing")


def test_a_fresh_copy_is_handed_out():
    read_dictionary(ledgers.REAL).clear()
    assert len(read_dictionary(ledgers.REAL)) == len(TABLES)


@pytest.mark.parametrize(
    ("column", "words"),
    [
        (Column("a", "string", ""), "text, or blank"),
        (Column("a", "string", "", required=True), "text"),
        (Column("a", "string", "", pattern="[a-z]+"), "text of the form [a-z]+, or blank"),
        (
            Column("a", "string", "Short id", pattern="[a-z]+", example="alm"),
            'text like "alm" (Short id), or blank',
        ),
        (Column("a", "string", "", enum=("yes", "no")), "yes, no, or blank"),
        (Column("a", "integer", "", minimum=4), "a whole number, at least 4, or blank"),
        (
            Column("a", "number", "", required=True, minimum=0, maximum=0.5),
            "a number with a decimal point, at least 0, at most 0.5",
        ),
    ],
)
def test_what_is_allowed_in_words(column, words):
    assert column.allowed() == words


# Files.


def test_missing(tmp_path):
    (problem,) = problems_of(tmp_path)
    assert (problem.found, problem.allowed) == ("No such file or directory", "the data dictionary")


def test_latin_1(tmp_path):
    (tmp_path / FILE).write_bytes("title: bokmål".encode("latin-1"))
    (problem,) = problems_of(tmp_path)
    assert (problem.found, problem.allowed) == ("byte 0xe5", "text in UTF-8")


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("name: a\nresources: [", 3),
        ("name: a\n\tresources: []", 2),
        ("a: 1\nname: a\nname: b", 1),
        ("a: &x [*x]\nb: !!python/object:os.system 1", 2),
        ("a: \x07", 0),
        ("a: 2020-13-45", 0),
        ("[" * 5000, None),
    ],
    ids=["unclosed", "tab", "key twice", "foreign tag", "bell", "no such day", "too deep"],
)
def test_no_yaml(tmp_path, text, row):
    (tmp_path / FILE).write_text(text, encoding="utf-8")
    (problem,) = problems_of(tmp_path)
    assert problem.allowed == "YAML"
    assert row is None or problem.row == row


@pytest.mark.parametrize("text", ["", "# nothing", "[]", "a", "resources: {}", "resources: 3"])
def test_no_resources(tmp_path, text):
    (tmp_path / FILE).write_text(text, encoding="utf-8")
    (problem,) = problems_of(tmp_path)
    assert problem.found == "no resources"


# Tables.


@pytest.mark.parametrize("table", [3, None, [], {}, {"name": 3}, {"path": "a.csv"}])
def test_table_without_a_name(tmp_path, content, table):
    content["resources"].append(table)
    (problem,) = problems_of(written(tmp_path, content))
    assert problem.found == "a table without a name"


@pytest.mark.parametrize(
    "path",
    [None, 3, "", "..", "../effects.csv", "/etc/passwd", "a\\b.csv", "effects.xlsx", "é.csv"],
)
def test_path_that_is_no_file_beside_it(tmp_path, content, path):
    table_of(content, "claims")["path"] = path
    (problem,) = problems_of(written(tmp_path, content))
    assert (problem.key, problem.found) == ("claims", f"path {path!r}")


@pytest.mark.parametrize("schema", [None, 3, {}, {"fields": None}, {"fields": {"name": "a"}}])
def test_table_without_fields(tmp_path, content, schema):
    table_of(content, "claims")["schema"] = schema
    (problem,) = problems_of(written(tmp_path, content))
    assert problem.key == "claims"


def test_table_twice(tmp_path, content):
    content["resources"].append(table_of(content, "claims"))
    (problem,) = problems_of(written(tmp_path, content))
    assert (problem.key, problem.found) == ("claims", "the table twice")


@pytest.mark.parametrize("name", TABLES)
def test_missing_table(tmp_path, content, name):
    content["resources"].remove(table_of(content, name))
    problems = problems_of(written(tmp_path, content))
    missing = [problem for problem in problems if problem.found == "no such table"]
    assert [problem.key for problem in missing] == [name]
    for problem in problems:
        assert problem in missing or problem.found.startswith(f'"{name}.')


def test_a_new_table_is_read_like_the_others(tmp_path, content, tables):
    fields = [{"name": "funder_id", "type": "string", "description": "Id"}]
    content["resources"].append(
        {"name": "funders", "path": "funders.csv", "title": "Funders", "schema": {"fields": fields}}
    )
    folder = written(ledgers.write(tmp_path / "effects", tables), content)
    (problem,) = check_ledger(folder)
    assert (problem.file, problem.found) == ("effects/funders.csv", "No such file or directory")
    (folder / "funders.csv").write_text("funder_id\nacme\n", encoding="utf-8")
    assert read_ledger(folder)["funders"]["funder_id"].tolist() == ["acme"]


@pytest.mark.parametrize(
    ("entry", "value"), [("title", None), ("title", 3), ("primaryKey", ["claim_id", "x"])]
)
def test_table_with_an_incomplete_entry(tmp_path, content, entry, value):
    table = table_of(content, "claims")
    (table if entry == "title" else table["schema"])[entry] = value
    (problem,) = problems_of(written(tmp_path, content))
    assert problem.key == "claims"
    assert repr(value) in problem.found


@pytest.mark.parametrize("key", ["nothing", "claim", "study_id"])
def test_primary_key_that_names_no_id(tmp_path, content, key):
    table_of(content, "claims")["schema"]["primaryKey"] = key
    (problem,) = problems_of(written(tmp_path, content))
    assert (problem.column, problem.found) == ("primaryKey", f'"{key}"')


@pytest.mark.parametrize(
    "key",
    [
        3,
        {"fields": "study_id"},
        {"fields": ["study_id"], "reference": {"resource": "studies", "fields": "study_id"}},
        {"fields": "study_id", "reference": {"resource": None, "fields": "study_id"}},
    ],
)
def test_foreign_key_that_is_incomplete(tmp_path, content, key):
    table_of(content, "claims")["schema"]["foreignKeys"] = [key]
    (problem,) = problems_of(written(tmp_path, content))
    assert (problem.key, problem.column) == ("claims", "foreignKeys")


@pytest.mark.parametrize(
    ("column", "resource", "other"),
    [("no", "studies", "study_id"), ("x", "no", "study_id"), ("x", "studies", "no")],
)
def test_foreign_key_to_nothing(tmp_path, content, column, resource, other):
    key = {"fields": column, "reference": {"resource": resource, "fields": other}}
    table_of(content, "claims")["schema"]["foreignKeys"] = [key]
    (problem,) = problems_of(written(tmp_path, content))
    assert (problem.column, problem.found) == (column, f'"{resource}.{other}"')


# Columns.


@pytest.mark.parametrize("example", [3, "10.1234", "doi:10.1234/alm"])
def test_example_that_breaks_its_own_pattern(tmp_path, content, example):
    field_of(content, "studies", "doi")["example"] = example
    (problem,) = problems_of(written(tmp_path, content))
    assert (problem.key, problem.column) == ("studies", "doi")
    assert problem.found == f"example {example!r}"


@pytest.mark.parametrize("field", [3, None, {}, {"name": 3}, {"type": "string"}])
def test_column_without_a_name(tmp_path, content, field):
    table_of(content, "claims")["schema"]["fields"].append(field)
    (problem,) = problems_of(written(tmp_path, content))
    assert (problem.key, problem.found) == ("claims", "a field without a name")


def test_column_twice(tmp_path, content):
    fields = table_of(content, "claims")["schema"]["fields"]
    fields.append(dict(fields[-1]))
    (problem,) = problems_of(written(tmp_path, content))
    assert (problem.column, problem.found) == ("notes", "the column twice")


@pytest.mark.parametrize(
    ("entry", "value"),
    [
        ("type", "date"),
        ("type", None),
        ("description", None),
        ("description", ""),
        ("format", "email"),
        ("constraint", {"required": True}),
    ],
)
def test_column_with_a_wrong_entry(tmp_path, content, entry, value):
    field_of(content, "claims", "why")[entry] = value
    (problem,) = problems_of(written(tmp_path, content))
    assert (problem.key, problem.column) == ("claims", "why")


@pytest.mark.parametrize(
    "constraints",
    [
        3,
        ["required"],
        {"require": True},
        {"required": "yes"},
        {"unique": 1},
        {"pattern": "["},
        {"pattern": 3},
        {"enum": "yes"},
        {"enum": [True, False]},
        {"enum": ["a", 3]},
        {"minimum": "0"},
        {"maximum": float("nan")},
    ],
)
def test_column_with_a_wrong_constraint(tmp_path, content, constraints):
    field_of(content, "claims", "why")["constraints"] = constraints
    (problem,) = problems_of(written(tmp_path, content))
    assert (problem.key, problem.column) == ("claims", "why")


def test_all_problems_at_once(tmp_path, content):
    field_of(content, "claims", "why")["type"] = "date"
    field_of(content, "effects", "n")["constraints"] = {"minimum": "4"}
    table_of(content, "shares")["title"] = None
    keys = [problem.key for problem in problems_of(written(tmp_path, content))]
    assert keys == ["claims", "effects", "shares"]


NEEDED = [(table, column) for table, words in {**NUMBERS}.items() for column in words.split()]
NEEDED += [(table, column) for table, words in WORDS.items() for column in words.split()]


def test_what_the_package_reads_is_in_the_dictionary():
    for table, column in NEEDED:
        assert ledgers.DICTIONARY[table].column(column).name == column


@pytest.mark.parametrize(("table", "column"), NEEDED)
def test_column_the_package_reads_is_missed(tmp_path, content, table, column):
    fields = table_of(content, table)["schema"]["fields"]
    fields.remove(field_of(content, table, column))
    problems = problems_of(written(tmp_path, content))
    assert ("no such column", table, column) in {(p.found, p.key, p.column) for p in problems}


def test_number_may_not_become_text(tmp_path, content):
    field_of(content, "effects", "n")["type"] = "string"
    field_of(content, "effects", "n")["constraints"] = {}
    (problem,) = problems_of(written(tmp_path, content))
    assert (problem.column, problem.found) == ("n", "type string")
    assert problem.allowed == "integer or number"


OTHERS = [
    (table.name, column.name)
    for table in ledgers.DICTIONARY.values()
    for column in table.columns
    if (table.name, column.name) not in NEEDED
]


def test_every_other_column_may_go(tmp_path, content, tables):
    """Checking, converting and selecting rows read no column beyond those named as needed."""
    for table, column in OTHERS:
        table_of(content, table)["schema"]["fields"].remove(field_of(content, table, column))
        for row in tables[table]:
            del row[column]
    folder = tmp_path / "effects"
    folder.mkdir()
    for name, rows in tables.items():
        (folder / f"{name}.csv").write_bytes(
            ledgers.to_csv([[*rows[0]], *([*row.values()] for row in rows)])
        )
    ledger = read_ledger(written(folder, content))
    assert len(OTHERS) > 50
    assert len(describe_effects(ledger)) == len(tables["effects"])
    assert len(select(ledger, "client_attachment", "alliance").rows) > 0

"""The declared choices: read as they stand, refused with every problem at once."""

from __future__ import annotations

import pytest

from metaworkbook.errors import ProblemsError
from metaworkbook.evidence.choices import read_choices
from metaworkbook.evidence.demonstration import open_choices
from metaworkbook.evidence.descriptions import describe_effects
from metaworkbook.evidence.parameters import check_parameters

SOUND = """
[[choice]]
name = "rater"
title = "Who rates"
option = [
  {name = "any", select = {rater = "any"}, reason = "All."},
  {name = "client", select = {rater = "client"}, reason = "One."},
]
[[choice]]
name = "rho"
title = "Correlation"
option = [
  {name = "low", fit = {rho = 0.3}, reason = "Little."},
  {name = "high", fit = {rho = 0.8}, reason = "Much."},
]
[[excluded]]
when = {rater = "any", rho = ["low"]}
reason = "Why not."
"""


def write(tmp_path, text):
    file = tmp_path / "multiverse.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_sound_file_is_read_as_it_stands(tmp_path):
    choices = read_choices(write(tmp_path, SOUND))
    assert choices.names == ("rater", "rho")
    assert choices.choices[0].options[1].select == {"rater": "client"}
    assert choices.choices[1].options[0].fit == {"rho": 0.3}
    assert choices.exclusions[0].when == {"rater": ("any",), "rho": ("low",)}


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('reason = "All."', 'reason = " "', "reason: found"),
        ('reason = "Why not."', "", '(excluded 1), reason: found "nothing"'),
        ("rater = \"client\"}", "rator = \"client\"}", 'found "rator"'),
        ("{rho = 0.3}", "{rho = 1}", "from 0 to below 1"),
        ("{rho = 0.3}", "{rho = true}", "from 0 to below 1"),
        ("{rho = 0.3}", '{estimator = "FE"}', 'found "FE"'),
        ('["low"]', '["lowest"]', "allowed: low, high"),
        ('name = "rho"', 'name = "k"', "no column of the table"),
        ('{name = "high", fit = {rho = 0.8}, reason = "Much."},', "", "two or more options"),
        ("rho = 0.3", "rho = 0.8", "found \"low, high\"; allowed: options that differ"),
        ('name = "rho"\ntitle', 'name = "rater"\ntitle', "each name once"),
        ("[[excluded]]", "[[exclude]]", 'found "exclude"'),
        ("[[choice]]", "[[choice]", "TOML"),
    ],
)  # fmt: skip
def test_each_mistake_is_named(tmp_path, old, new, words):
    assert old in SOUND
    with pytest.raises(ProblemsError, match="multiverse") as caught:
        read_choices(write(tmp_path, SOUND.replace(old, new)))
    assert words in str(caught.value)


def test_all_mistakes_are_named_at_once(tmp_path):
    text = (
        SOUND.replace("rho = 0.3", "rho = 3").replace('"Why not."', '""').replace("title", "t", 1)
    )
    with pytest.raises(ProblemsError) as caught:
        read_choices(write(tmp_path, text))
    assert len(caught.value.problems) == 4


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ProblemsError, match="No such file"):
        read_choices(tmp_path / "multiverse.toml")


@pytest.mark.parametrize("source", ["ledger", "demonstration"])
def test_the_projects_own_choices_are_sound(source, real_ledger):
    choices = open_choices(source)
    reasons = [option.reason for choice in choices.choices for option in choice.options]
    assert len(set(reasons)) == len(reasons)
    if source == "ledger":
        columns = set(describe_effects(real_ledger).columns)
        for choice in choices.choices:
            for option in choice.options:
                check_parameters(real_ledger, **option.select)
                assert set(option.rows) <= columns

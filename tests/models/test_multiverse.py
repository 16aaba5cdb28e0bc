"""The multiverse: its rows are those of the selection, its numbers those of the engine."""

from __future__ import annotations

import random

import numpy as np
import pytest

from metaworkbook.errors import ProblemsError
from metaworkbook.evidence.demonstration import X, Y, open_choices, open_source
from metaworkbook.evidence.selection import select
from metaworkbook.models import multiverse as module
from metaworkbook.models.multiverse import run_multiverse
from metaworkbook.results.multiverse import Choice, Choices, Option

ASKED = {"x": X, "y": Y}
QUESTION = {"x": "client_attachment", "y": "alliance"}


def small(*choices):
    return Choices(
        tuple(
            Choice(
                f"c{i}", "", tuple(Option(f"o{j}", "", **given) for j, given in enumerate(options))
            )
            for i, options in enumerate(choices)
        )
    )


@pytest.fixture(scope="module")
def demonstration():
    return open_source("demonstration")


@pytest.fixture(scope="module")
def whole(demonstration):
    return run_multiverse(demonstration, ASKED, open_choices("demonstration"))


def test_rows_of_every_combination_are_those_of_the_selection(real_ledger):
    choices = open_choices("ledger")
    options = module.list_specifications(choices)
    selection, lets_in = module.read_options(real_ledger, QUESTION, choices)
    rows = selection.rows
    for taken in random.Random(1).sample(options.tolist(), 12):
        chosen = [choice.options[i] for choice, i in zip(choices.choices, taken, strict=True)]
        arguments = {name: value for option in chosen for name, value in option.select.items()}
        direct = select(real_ledger, **QUESTION, **arguments).rows
        for option in chosen:
            for column, value in option.rows.items():
                direct = direct[direct[column].astype(str) == value]
        mask = np.logical_and.reduce([lets_in[place][i] for place, i in enumerate(taken)])
        assert rows["effect_id"][mask].tolist() == direct["effect_id"].tolist()


def test_two_groups_enter_with_the_variance_of_their_conversion(small_ledger):
    from metaworkbook.models.gates import headline
    from metaworkbook.models.multilevel import aggregate

    asked = QUESTION | {"population": "all", "tiers": "A B"}
    selected = select(small_ledger, **asked)
    assert "B" in set(selected.rows["tier"])
    one = aggregate(**selected.exact(), rho=0.6)
    fit = headline(one.yi, one.vi)
    found = run_multiverse(small_ledger, asked, small([{"fit": {"model": "composites"}}]))
    assert found.k.tolist() == [len(one.yi)]
    assert found.estimate[0] == pytest.approx(fit.estimate, abs=1e-12)
    assert found.ci_low[0] == pytest.approx(fit.ci_low, abs=1e-12)


def test_what_no_choice_sets_stays_as_asked(real_ledger):
    choices = small([{"fit": {"rho": 0.3}}, {"fit": {"rho": 0.8}}])
    asked = QUESTION | {"rater": "client"}
    found = run_multiverse(real_ledger, asked, choices)
    rows = select(real_ledger, **asked).rows
    assert set(found.k.tolist()) == {rows["sample_id"].nunique()}


def test_an_option_that_sets_nothing_of_its_choice_keeps_what_was_asked(real_ledger):
    choices = small([{"select": {"rater": "client"}}, {}])
    asked = QUESTION | {"rater": "therapist"}
    found = run_multiverse(real_ledger, asked, choices)
    rows = select(real_ledger, **asked).rows
    assert found.k[1] == rows["sample_id"].nunique()


def test_one_row_a_specification_in_order(whole):
    choices = open_choices("demonstration")
    rows = whole.to_rows()
    assert len(rows) == whole.size == len(module.list_specifications(choices))
    assert list(rows[0])[: len(choices.names)] == list(choices.names)
    assert rows[0]["k"] == 16
    assert whole.combinations == 864
    assert not whole.failed.any()


def test_the_same_rows_have_the_same_number_and_others_another(whole):
    ways = {
        tuple(row[name] for name in ("design", "adherence", "controls", "trait"))
        for row in whole.to_rows()
    }
    by_set = {}
    for row_set, k in zip(whole.row_set.tolist(), whole.k.tolist(), strict=True):
        by_set.setdefault(row_set, set()).add(k)
    assert all(len(samples) == 1 for samples in by_set.values())
    assert len(by_set) <= len(ways)


def test_every_number_is_a_fit_of_its_own_rows(whole, demonstration):
    from metaworkbook.models.gates import headline

    row = next(
        row for row in whole.to_rows()
        if (row["model"], row["design"], row["interval"], row["estimator"], row["controls"])
        == ("composites", "prospective", "wider", "PM", "none")
        and row["adherence"] == row["trait"] == "any"
    )  # fmt: skip
    rows = select(demonstration, **ASKED).rows
    rows = rows[(rows["design"] == "prospective") & (rows["controls"] == "none")]
    fit = headline(rows["zi"].to_numpy(), rows["vi"].to_numpy(), "PM")
    assert row["k"] == len(rows)
    assert row["estimate"] == pytest.approx(fit.estimate, abs=1e-12)
    assert row["ci_low"] == pytest.approx(fit.ci_low, abs=1e-12)


def test_two_processes_give_the_same_table(whole, demonstration):
    there = run_multiverse(demonstration, ASKED, open_choices("demonstration"), jobs=2)
    assert there.to_rows() == whole.to_rows()


def test_known_fits_are_not_made_again(demonstration, whole):
    kept = {}
    choices = open_choices("demonstration")
    counts = []
    run_multiverse(demonstration, ASKED, choices, keep=kept.update)
    assert len(kept) == whole.fits
    half = dict(list(kept.items())[::2])
    made = {}
    again = run_multiverse(
        demonstration, ASKED, choices, known=half, keep=made.update,
        tell=lambda done, total: counts.append((done, total)),
    )  # fmt: skip
    assert set(made) == set(kept) - set(half)
    assert again.to_rows() == whole.to_rows()
    assert counts[0] == (len(half), whole.fits)
    assert counts[-1] == (whole.fits, whole.fits)


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ({"rows": {"desing": "prospective"}}, "a column of the evidence"),
        ({"rows": {"design": "prospectiv"}}, "cross_sectional, prospective"),
        ({"select": {"rater": "nobody"}}, r'\(.+: .+\), rater: found "nobody"; .+ client'),
    ],
)
def test_a_choice_that_names_what_is_not_there_is_refused(demonstration, option, words):
    with pytest.raises(ProblemsError, match=words):
        run_multiverse(demonstration, ASKED, small([{}, option]))

from __future__ import annotations

import math

import pandas as pd
import pytest

from metaworkbook.reporting import sentences
from metaworkbook.results import SignTest


def test_pool_sentence_carries_estimate_interval_samples_and_condition(synthesis, censored):
    text = sentences.describe_pool(synthesis(censored()), "avoidance", "alliance", "en")
    for part in ("4 samples", "300 persons", "r = −0.20", "−0.34 to −0.05", "conditional"):
        assert part in text


def test_a_question_begins_with_a_capital():
    x, y = {"en": "attachment avoidance"}, {"en": "the alliance"}
    assert sentences.name_pair(x, y, "en") == "Attachment avoidance – the alliance"


def test_unbounded_pool_gives_the_finite_end_and_no_estimate(synthesis, censored):
    main = censored(math.nan, -math.inf, -0.1, bounded=False)
    text = sentences.describe_pool(synthesis(main, "not_decided"), "x", "y", "en")
    assert "no lower bound to −0.10" in text
    assert "r =" not in text


@pytest.mark.parametrize(
    ("decision", "samples", "part"),
    [("no_pooling", 0, "No sample"), ("no_pooling", 1, "too few"), ("side_by_side", 2, "Two")],
)
def test_gated_pools_print_no_number(synthesis, decision, samples, part):
    text = sentences.describe_pool(synthesis(None, decision, samples=samples), "x", "y", "en")
    assert part in text
    assert "r =" not in text


@pytest.mark.parametrize(
    ("decision", "part"),
    [("negative", "below zero"), ("positive", "above zero"), ("not_decided", "Not decided")],
)
def test_decisions_are_told(synthesis, censored, decision, part):
    assert part in sentences.describe_decision(synthesis(censored(), decision), "en")


def test_no_p_stands_alone_while_signs_are_untold():
    text = sentences.describe_signs(SignTest(0.25, 3, 0, 2, 0.06, 1.0), "en")
    assert "p = 0.060 at the least and p = 1.000 at the most" in text
    text = sentences.describe_signs(SignTest(0.001, 14, 1, 4, 0.00008, 0.064), "nb")
    assert "p < 0,001 på det laveste og p = 0,064 på det høyeste" in text
    assert "0.250" not in text


def test_complete_signs_give_one_p():
    assert "p = 0.250" in sentences.describe_signs(SignTest(0.25, 3, 0, 0, 0.25, 0.25), "en")


def test_a_direction_is_told_by_what_it_means_where_its_name_does_not_say_it():
    signs = SignTest(0.001, 1, 14, 0, 0.001, 0.001)
    text = sentences.describe_signs(signs, "en", "attachment_change")
    assert "1 negative (less secure), 14 positive (more secure)" in text
    text = sentences.describe_signs(signs, "nb", "attachment_change")
    assert "negative 1 (mindre trygg), positive 14 (tryggere)" in text
    assert "secure" not in sentences.describe_signs(signs, "en", "outcome")


def test_no_signs_give_no_p():
    assert "p " not in sentences.describe_signs(SignTest(1.0, 0, 0, 4, 0.1, 1.0), "en")


@pytest.mark.parametrize(
    ("low", "high", "one", "several"),
    [(-0.3, 0.0, "includes it.", "every one"), (-0.1, 0.1, "not include it.", "none of them"),
     (-0.2, 0.1, "includes it.", "some of them")],
)  # fmt: skip
def test_published_estimates_are_set_against_our_interval(
    reviews, censored, low, high, one, several
):
    main = censored(-0.05, low, high)
    text = sentences.describe_published(main, reviews, "en")
    assert one in text
    assert "r = −0.13, k = 33" in text
    more = pd.concat([reviews, reviews.assign(r=-0.25)])
    assert several in sentences.describe_published(main, more, "en")


@pytest.mark.parametrize(("samples", "told"), [(1, "Not decided."), (0, "nothing to pool")])
def test_a_sample_that_is_there_is_not_nothing(synthesis, samples, told):
    few = synthesis(None, "no_pooling", samples=samples)
    assert sentences.describe_decision(few, "en").endswith(told + "." * (not samples))


def test_open_side_of_the_posterior_is_named_as_prior_driven(censored):
    text = sentences.describe_posterior(censored(math.nan, bounded=False), "en")
    assert "prior on the open side" in text

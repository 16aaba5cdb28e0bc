from __future__ import annotations

import math
import re

from metaworkbook.reporting import tables
from metaworkbook.reporting.display import to_text

HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(1)>'


def test_open_ends_are_named_and_never_printed_as_numbers():
    assert tables.format_interval(-math.inf, -0.1, "en") == "no lower bound to −0.10"
    assert tables.format_interval(-0.1, math.inf, "en") == "−0.10 to no upper bound"
    assert tables.format_interval(math.nan, 0.1, "en") == "–"


def test_norwegian_numbers_have_a_comma():
    assert tables.format_r(math.atanh(-0.25), "nb") == "−0,25"


def test_correlations_are_tanh_of_z():
    assert tables.format_r(math.atanh(0.5), "en") == "0.50"


def test_cells_are_escaped_unless_marked():
    table = tables.draw_table(HOSTILE, [HOSTILE], [[HOSTILE], [tables.Markup("<b>x</b>")]])
    assert "<script>" not in table
    assert "<img" not in table
    assert "<b>x</b>" in table


def test_left_out_shows_every_reason(rows):
    rows["reason_detail"] = [f"reason {i}" for i in range(len(rows))]
    shown = to_text(tables.show_left_out(rows).html("en"))
    assert all(f"held back: {detail}" in shown for detail in rows["reason_detail"])


def test_a_row_left_out_opens_its_evidence_here_or_on_its_study(rows):
    rows["reason_detail"] = ""
    row = rows.iloc[0]
    assert f'href="#row-{row["effect_id"]}"' in tables.show_left_out(rows).html("en")
    apart = tables.show_left_out(rows, beside=False).html("en")
    assert f'href="study/{row["study_id"]}.html"' in apart
    assert "#row-" not in apart


def test_nothing_left_out_is_said(rows):
    assert "No row" in tables.show_left_out(rows.iloc[:0]).html("en")


def test_methods_name_main_variants_others_and_published(rows, reviews, synthesis, censored):
    main = synthesis(censored())
    shown = tables.show_methods(main, {"with samples set apart": main}, reviews).html("en")
    body = re.findall(r"<tr>(.*?)</tr>", shown)[1:]
    assert [to_text(row).split("\n")[0].strip() for row in body] == [
        "All rows, censored model",
        "… if 70 % of non-significant results were reported",
        "with samples set apart",
        "Published: Review (2024)",
    ]


def test_a_method_is_followed_by_its_result(reviews, synthesis, censored):
    """On a narrow screen the first columns are those that are seen."""
    shown = tables.show_methods(synthesis(censored()), {}, reviews).html("en")
    head = re.findall(r"<th scope=\"col\"[^>]*>(.*?)</th>", shown)
    assert head == ["Method", "r", "95 % interval", "Samples", "Rows"]
    ours, *_, theirs = re.findall(r"<tr>(.*?)</tr>", shown)[1:]
    assert re.findall(r'class="number">(.*?)<', ours)[1] == "−0.34 to −0.05"
    assert re.findall(r'class="number">(.*?)<', theirs)[0] == "−0.13"


def test_every_pooled_number_links_to_its_rows(reviews, synthesis, censored):
    reviews["doi"] = "10.1000/a<b"
    main = synthesis(censored())
    shown = tables.show_methods(main, {"with samples set apart": main}, reviews).html("en")
    assert re.findall(r'<th scope="row"><a href="([^"]*)"', shown) == [
        "#the-evidence-row-by-row",
        "#the-evidence-row-by-row",
        "#what-was-left-out-and-why",
        "https://doi.org/10.1000/a%3Cb",
    ]


def test_too_few_samples_is_said_instead_of_a_number(reviews, synthesis):
    shown = tables.show_methods(synthesis(None, "no_pooling"), {}, reviews).html("en")
    assert "too few samples to pool" in shown


def test_unnumbered_review_shows_its_direction(reviews, synthesis, censored):
    reviews.loc[0, ["estimate", "r"]] = math.nan
    shown = to_text(tables.show_methods(synthesis(censored()), {}, reviews).html("en"))
    assert "negative" in shown

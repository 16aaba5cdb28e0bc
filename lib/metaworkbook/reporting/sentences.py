"""Results to prose, in both languages; no computed number is ever typed into a page."""

from __future__ import annotations

import math

from metaworkbook.reporting.language import format_number, translate
from metaworkbook.reporting.tables import format_interval, format_published, format_r
from metaworkbook.results import Censored, InformationShare, SignTest
from metaworkbook.results.synthesis import Synthesis

#: What a negative and a positive direction mean, by criterion, where its name does not say it.
POLES = {"attachment_change": ("less secure", "more secure")}


def name_pair(x: dict[str, str], y: dict[str, str], language: str) -> str:
    """Return the title of a question, as a sentence begins: "Avoidance – the alliance"."""
    return f"{x[language][:1].upper()}{x[language][1:]} – {y[language]}"


def describe_pool(synthesis: Synthesis, x: str, y: str, language: str) -> str:
    """Return the sentence that says what all rows together give for ``x`` and ``y``."""
    main = synthesis.main
    if synthesis.decision == "no_pooling":
        return translate(
            "{samples} sample reports a plain association of {x} with {y} that can be used, "
            "too few to pool."
            if synthesis.samples == 1
            else "No sample reports a plain association of {x} with {y} that can be used.",
            language, samples=synthesis.samples, x=x, y=y,
        )  # fmt: skip
    if main is None:
        return translate(
            "Two samples report on {x} and {y}; they are shown side by side and not pooled.",
            language, x=x, y=y,
        )  # fmt: skip
    if not main.bounded:
        return translate(
            "The rows bound the correlation of {x} with {y} on one side only: {interval} "
            "({samples} samples, {persons} persons).",
            language, x=x, y=y, interval=format_interval(main.ci_low, main.ci_high, language),
            samples=format_number(synthesis.samples, 0, language),
            persons=format_number(synthesis.persons, 0, language),
        )  # fmt: skip
    return translate(
        "Over {samples} samples with {persons} persons the correlation of {x} with {y} is "
        "r = {r} (95 % interval {interval}), conditional on complete reporting.",
        language, samples=format_number(synthesis.samples, 0, language), x=x, y=y,
        r=format_r(main.estimate, language),
        interval=format_interval(main.ci_low, main.ci_high, language),
        persons=format_number(synthesis.persons, 0, language),
    )  # fmt: skip


def describe_decision(synthesis: Synthesis, language: str) -> str:
    """Return what the main analysis and its variants decide together."""
    main = synthesis.main
    words = {
        "negative": "The interval stays below zero in every variant: the association is negative.",
        "positive": "The interval stays above zero in every variant: the association is positive.",
        "not_decided": "Not decided: the interval includes zero."
        if main is not None and main.ci_low <= 0 <= main.ci_high
        else "Not decided: the interval is clear of zero here, but not in every variant.",
        "side_by_side": "Two samples give no verdict.",
        "no_pooling": "Not decided."
        if synthesis.samples
        else "Not decided: there is nothing to pool.",
    }
    return translate(words[synthesis.decision], language)


def describe_signs(signs: SignTest, language: str, y: str = "") -> str:
    """Return the sign test with its bounds; no p stands alone while signs are untold.

    Where `POLES` has the criterion ``y``, the sentence says what its directions mean.
    """
    less, more = (translate(pole, language) for pole in POLES.get(y, ("", "")))
    told = translate(
        "Counted by sample: {negative} negative ({less}), {positive} positive ({more}), {unsigned} "
        "without a direction."
        if y in POLES
        else "Counted by sample: {negative} negative, {positive} positive, {unsigned} without a "
        "direction.",
        language, negative=signs.k_negative, positive=signs.k_positive, unsigned=signs.k_unsigned,
        less=less, more=more,
    )  # fmt: skip
    if signs.k_negative + signs.k_positive == 0:
        return told
    if signs.k_unsigned == 0:
        p = translate("The exact two-sided sign test gives p {p}.", language,
                      p=_compare(signs.p_value, language))  # fmt: skip
    else:
        p = translate(
            "With the last counted either way, the exact two-sided sign test gives p {low} at the "
            "least and p {high} at the most.",
            language, low=_compare(signs.p_low, language), high=_compare(signs.p_high, language),
        )  # fmt: skip
    return f"{told} {p}"


def _compare(p: float, language: str) -> str:
    """Return "= 0.012", or "< 0.001" where three decimals would show nothing."""
    sign, shown = ("<", 0.001) if p < 0.001 else ("=", p)
    return f"{sign} {format_number(shown, 3, language)}"


def describe_information(share: InformationShare | None, language: str) -> str:
    """Return what each kind of row contributes to the estimate, blank where that is not known."""
    if share is None or math.isnan(share.exact):
        return ""
    return translate(
        "Of what is known of the mean, {exact} % come from coefficients, {interval} % from stated "
        "significance and {direction} % from directions alone.",
        language, exact=format_number(100 * share.exact, 0, language),
        interval=format_number(100 * share.interval, 0, language),
        direction=format_number(100 * share.direction, 0, language),
    )  # fmt: skip


def describe_posterior(main: Censored, language: str) -> str:
    """Return the posterior under the stated prior."""
    sentence = translate(
        "A cautious prior (r most likely within ±0.46) leads to r = {r} ({interval}); the "
        "probability that the association is negative is {p}.",
        language, r=format_r(main.posterior_mean, language),
        interval=format_interval(main.posterior_low, main.posterior_high, language),
        p=format_number(main.p_negative, 2, language),
    )  # fmt: skip
    if not main.bounded:
        sentence += " " + translate("This is driven by the prior on the open side.", language)
    return sentence


def describe_published(main: Censored | None, reviews, language: str) -> str:
    """Return how our estimate stands to the published ones, and why they may differ."""
    numbers = [row for row in reviews.to_dict("records") if math.isfinite(row["r"])]
    if not numbers:
        return translate("No published pooled correlation for this question was seen.", language)
    listed = "; ".join(
        translate(
            "{citation}: r = {r}{k}",
            language,
            citation=r["citation"],
            r=format_published(r, language),
            k="" if math.isnan(r["k"]) else f", k = {r['k']:.0f}",
        )  # fmt: skip
        for r in numbers
    )
    sentence = translate("Published: {listed}.", language, listed=listed)
    if main is None or not main.bounded:
        return sentence + " " + translate(
            "Our rows do not allow an estimate to set beside it: reviews read the coefficients in "
            "full texts and from authors, this workbook what abstracts and records print.",
            language)  # fmt: skip
    inside = [math.tanh(main.ci_low) <= r["r"] <= math.tanh(main.ci_high) for r in numbers]
    if len(inside) == 1:
        relation = "Our interval includes it." if inside[0] else "Our interval does not include it."
    elif all(inside):
        relation = "Our interval includes every one of them."
    elif any(inside):
        relation = "Our interval includes some of them and not others."
    else:
        relation = "Our interval includes none of them."
    difference = translate(
        "A difference is expected: reviews had coefficients from full texts, and we read mostly "
        "abstracts, which tell significance more often than size.",
        language,
    )
    return " ".join([sentence, translate(relation, language), difference])

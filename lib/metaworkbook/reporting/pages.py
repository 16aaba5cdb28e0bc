"""What a page says of its own question: question, answer, limits, and its card on the index."""

from __future__ import annotations

import math

import pandas as pd

from metaworkbook.reporting import sentences
from metaworkbook.reporting.display import Shown, escape
from metaworkbook.reporting.language import LANGUAGES, format_number, translate
from metaworkbook.results import CombinedP, SignTest, to_json
from metaworkbook.results.synthesis import Synthesis


def show_question(x: dict[str, str], y: dict[str, str], rows: int, left_out: int) -> Shown:
    """Show the question in words and how many rows speak to it.

    ``x`` and ``y`` are names by language, as `evidence.name_constructs` gives them.
    """

    def render(language: str) -> str:
        text = translate(
            "How does {x} go with {y}? Rows about this question: {all}. Rows that enter here: "
            "{rows}. What is left out is listed below with the reason."
            if left_out
            else "How does {x} go with {y}? Rows about this question: {rows}. All enter here.",
            language, x=x[language], y=y[language],
            all=format_number(rows + left_out, 0, language), rows=format_number(rows, 0, language),
        )  # fmt: skip
        return f'<p class="lead">{escape(text)}</p>'

    return Shown(render)


def show_answer(
    synthesis: Synthesis, reviews: pd.DataFrame, x: dict[str, str], y: dict[str, str]
) -> Shown:
    """Show the answer: pooled sentence, what the variants decide, posterior, shares, reviews."""

    def render(language: str) -> str:
        texts = [
            sentences.describe_pool(synthesis, x[language], y[language], language),
            sentences.describe_decision(synthesis, language),
        ]
        if synthesis.main is not None:
            texts.append(sentences.describe_posterior(synthesis.main, language))
            texts.append(sentences.describe_information(synthesis.information, language))
        texts.append(sentences.describe_published(synthesis.main, reviews, language))
        return "".join(f"<p>{escape(text)}</p>" for text in texts if text)

    return Shown(render)


def show_directions(signs: SignTest, y: str = "") -> Shown:
    """Show the sign test in words, with its bounds; ``y`` as in `sentences.describe_signs`."""
    return Shown(lambda language: f"<p>{escape(sentences.describe_signs(signs, language, y))}</p>")


def show_combined_p(combined: CombinedP | None) -> Shown:
    """Show the signed combination of exact p-values in words, or that there are too few."""

    def render(language: str) -> str:
        if combined is None:
            text = translate(
                "Fewer than two samples print an exact p, a sign and n, so there is no p to "
                "combine.", language,
            )  # fmt: skip
        else:
            text = translate(
                "{samples} samples print an exact p and a sign; combined by sample they give "
                "z = {z} (p = {p}). This tests whether there is an association in some sample, "
                "and not how strong it is.", language, samples=combined.k,
                z=format_number(combined.z, 2, language),
                p=format_number(combined.p_value, 3, language),
            )  # fmt: skip
        return f"<p>{escape(text)}</p>"

    return Shown(render)


def show_limits(synthesis: Synthesis, ladder: pd.DataFrame) -> Shown:
    """Show what this page's numbers cannot carry, computed from what ran."""

    def render(language: str) -> str:
        def say(text: str, **values: object) -> str:
            return translate(text, language, **values)

        steps = ladder.set_index("step")["samples"]
        points = [
            say(
                "Samples read: {read}; of these in this pool: {pool}; with a coefficient, in this "
                "pool or not: {coefficient}.",
                pool=int(steps["in this pool"]),
                read=int(steps["read"]),
                coefficient=int(steps["with a coefficient"]),
            )  # fmt: skip
        ]
        if synthesis.main is not None:
            points.append(
                say(
                    "The interval holds if results were reported whatever they were; where "
                    "non-significant results stay untold it is too narrow and too far from zero."
                )
            )
            if synthesis.main.k_exact == 0:
                points.append(
                    say("Without a coefficient the spread between samples (tau) is hardly known.")
                )
            if synthesis.samples < 5:
                points.append(
                    say(
                        "With {samples} samples, one more study can turn the picture.",
                        samples=synthesis.samples,
                    )  # fmt: skip
                )
        points.append(say("An association is no cause: no study here assigned attachment."))
        return "<ul>" + "".join(f"<li>{escape(point)}</li>" for point in points) + "</ul>"

    return Shown(render)


def describe_page(
    synthesis: Synthesis, x: dict[str, str], y: dict[str, str], reviews: pd.DataFrame
) -> dict:
    """Return what the index needs of a page: headline sentences by language, and its card.

    With two samples or fewer the headline only says so; no estimate reaches the index.
    """
    main = synthesis.main
    numbers = reviews[reviews["r"].notna()]
    newest = numbers.iloc[0].to_dict() if len(numbers) else None
    return {
        "headline": {
            language: sentences.describe_pool(synthesis, x[language], y[language], language)
            + " "
            + sentences.describe_decision(synthesis, language)
            for language in LANGUAGES
        },
        "card": {
            "x": x,
            "y": y,
            "estimate": None if main is None else to_json(_r(main.estimate)),
            "ci_low": None if main is None else to_json(_r(main.ci_low)),
            "ci_high": None if main is None else to_json(_r(main.ci_high)),
            "bounded": bool(main is not None and main.bounded),
            "k": synthesis.samples,
            "n": synthesis.persons,
            "verdict": synthesis.decision,
            "published": None
            if newest is None
            else {
                "citation": newest["citation"],
                "estimate": newest["r"],
                "k": to_json(newest["k"]),
            },
        },
    }


def _r(z: float) -> float:
    return math.tanh(z)


def describe_inventory(counts: dict[str, int]) -> dict:
    """Return the index sentence of the evidence page from its counts."""
    text = (
        "The ledger holds {effects} results of {studies} reports on {samples} samples; {exact} "
        "of them carry a zero-order correlation."
    )
    return {
        "headline": {
            language: translate(
                text,
                language,
                **{key: format_number(value, 0, language) for key, value in counts.items()},
            )  # fmt: skip
            for language in LANGUAGES
        }
    }


def describe_reviews(
    reviews: pd.DataFrame, x: dict[str, str], y: dict[str, str], names: dict[str, dict[str, str]]
) -> dict:
    """Return the index sentence of a page of published estimates, predictor by predictor.

    Predictors are never mixed: more of one may mean less of another. ``names`` are theirs by
    language, as `evidence.name_predictors` gives them.
    """
    numbers = reviews[reviews["r"].notna()]
    groups = [
        (predictor, numbers.loc[numbers["x"] == predictor, "r"])
        for predictor in dict.fromkeys(numbers["x"])
    ]
    headline = {}
    for language in LANGUAGES:
        if not groups:
            text = "No published pooled correlation of {x} with {y} was seen."
            headline[language] = translate(text, language, x=x[language], y=y[language])
            continue
        listed = "; ".join(
            f"{names[language][predictor]} {_span(estimates, language)}"
            for predictor, estimates in groups
        )
        headline[language] = translate(
            "Published pooled correlations with {y}: {listed}.", language,
            y=y[language], listed=listed,
        )  # fmt: skip
    return {"headline": headline}


def _span(estimates: pd.Series, language: str) -> str:
    low, high = (format_number(end, 2, language) for end in (estimates.min(), estimates.max()))
    if len(estimates) == 1:
        return low
    return translate(
        "{low} to {high} ({count} estimates)", language, low=low, high=high, count=len(estimates)
    )


def show_review_count(
    reviews: pd.DataFrame, x: dict[str, str], y: dict[str, str], names: dict[str, dict[str, str]]
) -> Shown:
    """Show in one sentence what the published estimates of a question say."""
    headline = describe_reviews(reviews, x, y, names)["headline"]
    return Shown(lambda language: f'<p class="lead">{escape(headline[language])}</p>')


def describe_signs(
    signs: SignTest, x: dict[str, str], y: dict[str, str], criterion: str = ""
) -> dict:
    """Return the headline of a page of directions, by language.

    ``criterion`` is the id of y, for what the directions mean.
    """
    return {
        "headline": {
            language: f"{sentences.name_pair(x, y, language)}. "
            + sentences.describe_signs(signs, language, criterion)
            for language in LANGUAGES
        }
    }

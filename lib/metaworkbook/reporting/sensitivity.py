"""Sensitivity in words, tables and lines: samples left out, years, assumptions, estimators."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

from metaworkbook.reporting.display import Shown, escape
from metaworkbook.reporting.figures.influence import FARTHEST, tell_few
from metaworkbook.reporting.figures.levels import Line, draw_lines
from metaworkbook.reporting.language import LANGUAGES, format_number, translate
from metaworkbook.reporting.sentences import name_pair
from metaworkbook.reporting.tables import draw_table, format_interval, format_r
from metaworkbook.results import Censored, Pooled
from metaworkbook.results.robustness import CensoredRobustness, Robustness

FEW = "With fewer than three samples there is nothing to leave out."
#: Of many samples.
FARTHEST_END = "Of {count} samples, those are shown that move an end of the interval most."
ON_THE_WAY = "Of {count} steps, {shown} are shown."
#: Of samples without a year.
UNDATED = "Without a year of publication, and so not among the steps: {names}."
FEW_STEPS = (
    "Fewer than two steps can be shown, so there is no way to follow: a step takes enough samples "
    "whose year of publication is known."
)
FEW_EXACT = "With fewer than three samples that print a coefficient there is nothing to show."


def draw_without(censored: CensoredRobustness, labels: dict[str, str], name: str) -> Shown:
    """Show the censored model without each sample in turn; ``labels`` names samples by id."""
    fitted = [place for place, result in enumerate(censored.without) if result is not None]

    def lines(language: str) -> list[Line]:
        if censored.main is None:
            return []
        every = _line(translate("all samples", language), censored.main, strong=True)
        word = "without {sample}"
        return [every] + [
            _line(translate(word, language, sample=labels[censored.samples[place]]),
                  censored.without[place])
            for place in fitted
        ]  # fmt: skip

    note = partial(tell_few, FARTHEST_END, len(fitted), len(censored.samples))
    title = "All rows, without each sample in turn"
    return draw_lines(lines, title, f"{name}-without", FEW, note)


def draw_cumulative(
    censored: CensoredRobustness, labels: dict[str, str], undated: Collection[str], name: str
) -> Shown:
    """Show the censored model as samples came in, from the third on.

    The samples ``undated`` have no place in the order, in which they are last.
    """
    dated = [sample for sample in censored.samples if sample not in undated]
    fitted = {
        sample: result
        for sample, result in zip(dated, censored.cumulative, strict=False)
        if result is not None
    }

    def lines(language: str) -> list[Line]:
        return _steps(
            [
                _line(translate("up to {sample}", language, sample=labels[sample]), result)
                for sample, result in fitted.items()
            ]
        )

    # The first two stand alone.
    note = partial(_note_order, len(fitted), len(dated) - 2, [labels[one] for one in undated])
    title = "All rows, in order of publication"
    empty = FEW if censored.main is None else FEW_STEPS
    return draw_lines(lines, title, f"{name}-cumulative", empty, note)


def draw_coefficients_without(robust: Robustness, labels: dict[str, str], name: str) -> Shown:
    """Show the pool of coefficients without each sample in turn."""
    left, places = robust.leave_one_out, robust.farthest

    def lines(language: str) -> list[Line]:
        if left is None:
            return []
        every = _line(translate("all samples", language), robust.pooled, strong=True)
        word = "without {sample}"
        return [every] + [
            Line(translate(word, language, sample=labels[robust.samples[i]]), left.estimate[i],
                 left.ci_low[i], left.ci_high[i])
            for i in places
        ]  # fmt: skip

    note = partial(tell_few, FARTHEST, len(places), len(robust.samples))
    title = "Coefficients alone, without each sample in turn"
    return draw_lines(lines, title, f"{name}-leave-one-out", FEW_EXACT, note)


def draw_coefficients_cumulative(
    robust: Robustness, labels: dict[str, str], undated: Collection[str], name: str
) -> Shown:
    """Show the pool of coefficients as samples came in, those ``undated`` apart."""
    lacking = [sample for sample in robust.samples if sample in undated]
    dated = len(robust.samples) - len(lacking)
    grown, places = robust.cumulative, [place for place in robust.followed if 0 < place < dated]

    def lines(language: str) -> list[Line]:
        return _steps([
            Line(translate("up to {sample}", language, sample=labels[robust.samples[i]]),
                 grown.estimate[i], grown.ci_low[i], grown.ci_high[i])
            for i in places
        ])  # fmt: skip

    note = partial(_note_order, len(places), dated - 1, [labels[one] for one in lacking])
    title = "Coefficients alone, in order of publication"
    # Below the gate the figure before has said so.
    empty = "" if robust.pooled is None else FEW_STEPS
    return draw_lines(lines, title, f"{name}-by-year", empty, note)


def _steps(lines: list[Line]) -> list[Line]:
    """Return lines that can be followed: one alone shows no way."""
    return lines if len(lines) > 1 else []


def _note_order(shown: int, steps: int, undated: list[str], language: str) -> str:
    told = [tell_few(ON_THE_WAY, shown, steps, language)]
    if undated:
        told.append(translate(UNDATED, language, names="; ".join(undated)))
    return " ".join(filter(None, told))


def _line(label: str, result: Censored | Pooled, strong: bool = False) -> Line:
    estimate = result.estimate if getattr(result, "bounded", True) else float("nan")
    return Line(label, estimate, result.ci_low, result.ci_high, strong=strong)


def show_assumptions(censored: CensoredRobustness) -> Shown:
    """Show the censored model at each correlation within samples and each share of reporting."""

    def render(language: str) -> str:
        if censored.main is None:
            return f"<p>{escape(translate(FEW, language))}</p>"
        rho = "results of one sample correlate at {value}"
        share = "{value} % of non-significant results were reported"
        rows = [(rho, result.rho, 1, result) for result in censored.rhos]
        rows += [(share, 100 * result.reporting, 0, result) for result in censored.reporting]
        lines = [
            [
                translate(text, language, value=format_number(value, digits, language)),
                format_r(result.estimate, language),
                format_interval(result.ci_low, result.ci_high, language),
            ]
            for text, value, digits, result in rows
        ]
        head = [translate(word, language) for word in ("If", "r", "95 % interval")]
        caption = translate("All rows, at other assumptions", language)
        return draw_table(caption, head, lines, numeric=(1, 2))

    return Shown(render)


def show_estimators(robust: Robustness) -> Shown:
    """Show the pool of coefficients by estimator of heterogeneity, interval and rho."""

    def render(language: str) -> str:
        if robust.pooled is None:
            return f"<p>{escape(translate(FEW_EXACT, language))}</p>"
        lines = [
            [f"{fit.method}, {fit.ci.title()}", *_cells(fit, language)] for fit in robust.estimators
        ]
        rho = "REML, results of one sample correlate at {value}"
        lines += [
            [translate(rho, language, value=format_number(value, 1, language)),
             *_cells(fit, language)]
            for value, fit in zip(robust.at_rho, robust.rhos, strict=True)
        ]  # fmt: skip
        names = ("Estimator and interval", "r", "95 % interval", "tau", "I², %")
        head = [translate(name, language) for name in names]
        caption = translate("Coefficients alone, computed differently", language)
        return draw_table(caption, head, lines, numeric=(1, 2, 3, 4))

    return Shown(render)


def _cells(fit: Pooled, language: str) -> list[str]:
    return [
        format_r(fit.estimate, language),
        format_interval(fit.ci_low, fit.ci_high, language),
        "–" if fit.method == "FE" else format_number(fit.tau2**0.5, 2, language),
        format_number(100 * fit.i2, 0, language),
    ]


def describe_robustness(
    censored: CensoredRobustness,
    x: dict[str, str],
    y: dict[str, str],
    labels: dict[str, str],
) -> dict[str, dict[str, str]]:
    """Return the page's headline by language: whether one sample decides the result."""
    headline = {language: _headline(censored, x, y, labels, language) for language in LANGUAGES}
    return {"headline": headline}


def _headline(
    censored: CensoredRobustness, x: dict, y: dict, labels: dict[str, str], language: str
) -> str:
    pair = f"{name_pair(x, y, language)}: "
    if censored.main is None:
        return pair + translate(FEW, language)
    left = {
        sample: result
        for sample, result in zip(censored.samples, censored.without, strict=True)
        if result is not None
    }
    sides = {_side(result) for result in (censored.main, *left.values())}
    few = len(left) < len(censored.samples)
    if len(sides) > 1:
        text = "leaving out one sample changes on which side of zero the interval lies."
    elif sides == {0}:
        text = (
            "leaving out any one of the {count} samples that move its ends most keeps zero inside "
            "the interval."
            if few
            else "leaving out any one sample keeps zero inside the interval."
        )
    elif few:
        text = (
            "leaving out any one of the {count} samples that move its ends most changes neither "
            "the side of the interval nor its verdict."
        )
    else:
        text = (
            "leaving out any one sample changes neither the side of the interval nor its verdict."
        )
    told = pair + translate(text, language, count=len(left))
    if censored.main.bounded and all(result.bounded for result in left.values()):
        told += " " + _tell_range(censored.main, left, labels, language)
    return told


def _tell_range(
    main: Censored, left: dict[str, Censored], labels: dict[str, str], language: str
) -> str:
    """Return how far the estimate moves without one sample, and without which it moves most."""
    estimates = {sample: result.estimate for sample, result in left.items()}
    farthest = max(estimates, key=lambda sample: abs(estimates[sample] - main.estimate))
    text = (
        "The estimate, r = {r}, runs from {low} to {high} without one of them; it moves most "
        "without {sample}, to {farthest}."
    )
    values = {"r": main.estimate, "low": min(estimates.values()), "high": max(estimates.values()),
              "farthest": estimates[farthest]}  # fmt: skip
    told = {name: format_r(value, language) for name, value in values.items()}
    return translate(text, language, sample=labels[farthest], **told)


def _side(result: Censored) -> int:
    return -1 if result.ci_high < 0 else 1 if result.ci_low > 0 else 0

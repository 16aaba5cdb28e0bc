"""How well the two readings agree, and what the verdicts would be by the other one."""

from __future__ import annotations

from collections.abc import Iterable

from metaworkbook.reporting.display import Shown
from metaworkbook.reporting.language import format_number, translate
from metaworkbook.reporting.tables import draw_table
from metaworkbook.reporting.verdicts import VERDICTS
from metaworkbook.results.codings import CodingAgreement
from metaworkbook.results.proportions import ExactShare
from metaworkbook.results.verdicts import Verdict

CONFIRMED = {
    "found": "found again in the source",
    "x_ok": "x confirmed",
    "y_ok": "y confirmed",
}
RECODINGS = {
    "dropped": "without rows on which they differ",
    "swapped": "by the second reading where they differ",
    "found_only": "without rows not found again",
}


def show_agreement(agreements: dict[str, CodingAgreement]) -> Shown:
    """Show raw agreement, Cohen's kappa and Gwet's AC1 of each field with their intervals."""

    def render(language: str) -> str:
        def told(value: float, low: float, high: float) -> str:
            if value != value:
                return "–"
            estimate, ends = (
                format_number(value, 2, language),
                [format_number(end, 2, language) for end in (low, high)],
            )
            return translate(
                "{estimate} ({low} to {high})", language, estimate=estimate, low=ends[0],
                high=ends[1],
            )  # fmt: skip

        lines = [
            [translate(field, language), one.n, one.agree,
             told(one.raw, one.raw_low, one.raw_high),
             told(one.kappa, one.kappa_low, one.kappa_high),
             told(one.ac1, one.ac1_low, one.ac1_high)]
            for field, one in agreements.items()
        ]  # fmt: skip
        header = ("Field", "Rows", "Agree", "Share that agrees", "Cohen's kappa", "Gwet's AC1")
        return draw_table(
            translate("Agreement of the two readings, with 95 % intervals", language),
            [translate(word, language) for word in header], lines, numeric=range(1, 6),
        )  # fmt: skip

    return Shown(render)


def show_confirmations(counts: dict[str, dict[str, int]], shares: dict[str, ExactShare]) -> Shown:
    """Show how many rows were found again, and for how many x and y were confirmed."""

    def render(language: str) -> str:
        lines = []
        for name, share in shares.items():
            numbers = (share.share[0], share.ci_low[0], share.ci_high[0])
            each = [format_number(100 * number, 0, language) for number in numbers]
            interval = translate("{low} to {high}", language, low=each[1], high=each[2])
            lines.append(
                [translate(CONFIRMED[name], language), counts[name]["events"],
                 counts[name]["totals"], each[0], interval]
            )  # fmt: skip
        header = ("Second reading", "Rows", "Of", "Share, %", "95 % interval")
        return draw_table(
            translate("Found again and confirmed", language),
            [translate(word, language) for word in header], lines, numeric=range(1, 5),
        )  # fmt: skip

    return Shown(render)


def show_recoding(verdicts: Iterable[Verdict], recoded: dict[str, tuple[Verdict, ...]]) -> Shown:
    """Show each verdict as it is and as it would be with the disputed rows read otherwise."""
    verdicts = tuple(verdicts)

    def render(language: str) -> str:
        lines = []
        for position, verdict in enumerate(verdicts):
            others = [found[position].verdict for found in recoded.values()]
            words = [translate(VERDICTS[one], language) for one in (verdict.verdict, *others)]
            moves = any(other != verdict.verdict for other in others)
            lines.append([verdict.id, *words, translate("yes" if moves else "no", language)])
        header = ["No.", "As it stands", *(RECODINGS[how] for how in recoded), "Moves"]
        return draw_table(
            translate("Verdicts if the two readings are taken otherwise", language),
            [translate(word, language) for word in header], lines,
        )  # fmt: skip

    return Shown(render)


def describe_recoding(
    verdicts: Iterable[Verdict], recoded: dict[str, tuple[Verdict, ...]]
) -> dict[str, list[str]]:
    """Return for each way of reading which propositions change their verdict."""
    verdicts = tuple(verdicts)
    return {
        how: [
            one.id
            for one, other in zip(verdicts, found, strict=True)
            if one.verdict != other.verdict
        ]
        for how, found in recoded.items()
    }

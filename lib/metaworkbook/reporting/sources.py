"""Whose rows a page shows, and what their number allows: said before any figure."""

from __future__ import annotations

from metaworkbook.reporting.display import Shown, escape
from metaworkbook.reporting.language import translate

#: Fewest samples with a coefficient for what a page shows; `models.gates` has the reasons.
NEEDED = {"sensitivity": 3, "moderators": 10, "small-studies": 10}
DEMONSTRATIONS = {
    "sensitivity": "demonstration-sensitivity",
    "moderators": "demonstration-moderators",
    "small-studies": "demonstration-small-studies",
}
WHY = {
    "sensitivity": (
        "Subsets, the choice of estimator and leaving out samples from coefficients alone need "
        "coefficients of three samples; there are {exact}, so those parts stay empty here. What "
        "stands here without them comes from the model of all rows."
    ),
    "moderators": (
        "A regression on several moderators needs coefficients of ten samples, a comparison of "
        "levels by coefficients alone those of three in each; there are {exact} in all, so those "
        "parts stay empty here. The levels below are compared by the model of all rows."
    ),
    "small-studies": (
        "Tests and models of small-study effects need coefficients of ten samples; there are "
        "{exact}. With fewer they find nothing where something is and something where nothing is, "
        "so none is shown here."
    ),
}


def show_source(source: str, cited: str) -> Shown:
    """Show a banner on a page that shows the demonstration, and nothing on others.

    Parameters
    ----------
    source : str
        "ledger" or "demonstration".
    cited : str
        Where the demonstration's numbers come from.
    """

    def render(language: str) -> str:
        if source != "demonstration":
            return ""
        text = translate(
            "Demonstration: these rows are about another question and answer none of this "
            "workbook. They show how the page looks where studies print coefficients. Source: "
            "{cited}",
            language, cited=cited,
        )  # fmt: skip
        return f'<p class="warning demonstration" role="note"><strong>{escape(text)}</strong></p>'

    return Shown(render)


def show_allowed(topic: str, samples: int, exact: int) -> Shown:
    """Show how many samples there are, how many print a coefficient, and what that allows.

    Parameters
    ----------
    topic : str
        A key of `NEEDED`.
    samples, exact : int
        Samples in the pool, and those of them with a coefficient.
    """

    def render(language: str) -> str:
        told = translate(
            "{exact} of {samples} samples in this pool print a coefficient.",
            language, exact=exact, samples=samples,
        )  # fmt: skip
        if exact >= NEEDED[topic]:
            return f"<p>{escape(told)}</p>"
        why = translate(WHY[topic], language, exact=exact)
        link = translate("The demonstration shows how they look.", language)
        return (
            f'<p class="warning">{escape(told)} {escape(why)} '
            f'<a href="{DEMONSTRATIONS[topic]}.html">{escape(link)}</a></p>'
        )

    return Shown(render)

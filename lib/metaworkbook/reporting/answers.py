"""The index: the two questions of the thesis, answered in sentences from the pages' results."""

from __future__ import annotations

from typing import Any

from metaworkbook.reporting.language import format_number, translate

# Which pages answer which question, in the order in which the index tells them.
QUESTIONS = {
    "How does avoidant attachment affect the therapeutic alliance?": (
        "avoidance-alliance",
        "dismissing-alliance",
        "avoidance-bond",
        "anxiety-alliance",
        "security-alliance",
        "avoidant-to-therapist-alliance",
    ),
    "What matters for a good development in therapy for these clients?": (
        "avoidance-outcome",
        "anxiety-outcome",
        "security-outcome",
        "alliance-outcome",
        "attachment-change",
    ),
}


#: Verdicts of questions with enough samples for a pool.
FITTED = ("negative", "positive", "not_decided")


def answer_questions(results: dict[str, dict[str, Any]], language: str) -> list[dict[str, Any]]:
    """Return one section a question: its sentences and the cards of its pages.

    Parameters
    ----------
    results : dict
        Content of ``build/results/<page>.json`` by page.
    language : str
        "en" or "nb".

    Returns
    -------
    list of dict
        ``question``, ``sentences`` and ``cards`` (page, title, sentence, estimate, ci_low,
        ci_high on the scale of r, bounded, k, n, verdict, published).
    """
    sections = []
    for question, pages in QUESTIONS.items():
        cards = [
            _card(page, results[page], language)
            for page in pages
            if page in results and "headline" in results[page]
        ]
        sections.append(
            {
                "question": translate(question, language),
                "sentences": _summarise(cards, language),
                "cards": cards,
            }
        )
    return sections


def _card(page: str, result: dict[str, Any], language: str) -> dict[str, Any]:
    card = dict(result.get("card", {}))
    names = {key: card.pop(key)[language] for key in ("x", "y") if key in card}
    title = f"{names['x']} – {names['y']}" if len(names) == 2 else result["page"]
    return {
        "page": page,
        "title": title[:1].upper() + title[1:],
        "sentence": result["headline"][language],
        **card,
    }


def _summarise(cards: list[dict[str, Any]], language: str) -> list[str]:
    """Return a few sentences over all cards of a question: what is decided, what reviews found.

    What a single card tells stands on the card alone.
    """
    decided = [card for card in cards if card.get("verdict") in ("negative", "positive")]
    fitted = [card for card in cards if card.get("verdict") in FITTED]
    sentences = []
    if decided:
        for card in decided:
            sentences.append(card["sentence"])
    elif fitted:
        sentences.append(
            translate(
                "What can be read today does not decide it: of {pools} questions pooled from "
                "primary studies none keeps its interval on one side of zero in every variant.",
                language,
                pools=len(fitted),
            )  # fmt: skip
        )
    else:
        sentences.append(
            translate(
                "What can be read today does not decide it: no question has enough primary "
                "samples to be pooled.",
                language,
            )  # fmt: skip
        )
    told = [card for card in cards if card.get("published")]
    if told:
        listed = "; ".join(
            translate(
                "{title}: r = {r}, {citation}",
                language,
                title=card["title"],
                r=format_number(card["published"]["estimate"], 2, language),
                citation=card["published"]["citation"],
            )  # fmt: skip
            for card in told
        )
        sentences.append(
            translate(
                "In published reviews, which had the coefficients: {listed}.",
                language,
                listed=listed,
            )
        )
    return sentences

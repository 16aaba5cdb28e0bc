"""What a notebook may ask: its parameters checked against the dictionary and the constructs."""

from __future__ import annotations

from dataclasses import replace

from metaworkbook.errors import Problem, ProblemsError
from metaworkbook.evidence.ledger import Ledger
from metaworkbook.evidence.tiers import TIERS

POPULATIONS = ("adults", "all")
RATERS = ("any", "client", "therapist", "observer", "mixed", "unclear")
PHASES = (
    "any", "pre", "early", "middle", "late", "post", "follow_up", "averaged", "change", "unclear",
)  # fmt: skip
MEASURES = (
    "any", "self_dimension", "self_category", "interview", "to_therapist", "observer", "unclear",
)  # fmt: skip
#: Parameters of a notebook whose values the evidence decides.
PARAMETERS = ("x", "y", "rater", "phase", "measure_family", "population", "tiers", "pairs")


def resolve_constructs(ledger: Ledger, name: str) -> tuple[str, ...]:
    """Return the constructs that ``name`` stands for: a family's members, or the construct itself.

    ``name`` may list several, separated by spaces. Raises ProblemsError for an unknown word.
    """
    table = ledger.tables["constructs"]
    constructs, families = (table[column].to_numpy(object) for column in ("construct", "family"))
    found: dict[str, None] = {}
    unknown = []
    for word in name.split():
        members = constructs[families == word]
        if not members.size:
            members = constructs[constructs == word]
        if not members.size:
            unknown.append(f'"{word}"')
        found.update(dict.fromkeys(members))
    if unknown or not found:
        allowed = "a construct or family of effects/constructs.csv"
        raise ProblemsError(
            [
                Problem("parameters", found=word, allowed=allowed, remedy="Correct the parameter.")
                for word in unknown or ["blank"]
            ]
        )
    return tuple(found)


def check_parameters(ledger: Ledger, **parameters: str | int) -> None:
    """Check a notebook's parameters against the data dictionary and the constructs.

    Known names are x, y (construct or family), rater, phase, measure_family ("any" or an allowed
    word of the dictionary), population ("adults" or "all"), tiers (letters separated by spaces)
    and pairs (1 to 1000).

    Raises
    ------
    ProblemsError
        With every parameter whose value is not allowed.
    """
    allowed = {
        "rater": RATERS,
        "phase": PHASES,
        "measure_family": MEASURES,
        "population": POPULATIONS,
    }
    problems = []

    def refuse(name: str, value: object, words: str) -> None:
        found = f'"{value}"' if isinstance(value, str) else repr(value)
        problems.append(Problem("parameters", 0, "", name, found, words, "Correct the parameter."))

    for name, value in parameters.items():
        if name == "pairs":
            if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 1000:
                refuse(name, value, "a whole number, 1 to 1000")
        elif name not in (*allowed, "x", "y", "tiers"):
            refuse(name, value, f"no parameter of this name; {', '.join(allowed)}, x, y, tiers")
        elif not isinstance(value, str):
            refuse(name, value, "a text")
        elif name in ("x", "y"):
            try:
                resolve_constructs(ledger, value)
            except ProblemsError as error:
                for problem in error.problems:
                    problems.append(replace(problem, column=name))
        elif name == "tiers":
            if not value.split() or not set(value.split()) <= set(TIERS):
                refuse(name, value, f"{' '.join(TIERS)}, separated by spaces")
        elif value not in allowed[name]:
            refuse(name, value, ", ".join(allowed[name]))
    if problems:
        raise ProblemsError(problems)

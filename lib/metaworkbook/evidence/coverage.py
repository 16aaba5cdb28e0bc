"""What was found and what is missing: counts by question and tier, and both readings compared."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from metaworkbook.evidence.descriptions import describe_effects
from metaworkbook.evidence.ledger import Ledger
from metaworkbook.evidence.parameters import resolve_constructs
from metaworkbook.evidence.selection import Selection
from metaworkbook.evidence.table_rules import REVIEWING
from metaworkbook.evidence.tiers import TIERS

FIELDS = ("direction", "significance", "n", "value")
# What the coverage ladder counts by.
COUNTED = ("sample_id", "n", "duplicate_of", "direction_analysed", "known")


def name_constructs(ledger: Ledger, names: str) -> dict[str, str]:
    """Return the English and Norwegian name of constructs or families, by language.

    A family that `FAMILY_NAMES` does not name, and that is no construct, is named by its id in
    words. Raises ProblemsError for an unknown word.
    """
    resolve_constructs(ledger, names)
    table = ledger.tables["constructs"]
    known = dict(
        zip(table["construct"], zip(table["name_en"], table["name_nb"], strict=True), strict=True)
    )
    words = [
        FAMILY_NAMES.get(name) or known.get(name) or (name.replace("_", " "),) * 2
        for name in names.split()
    ]
    return {
        "en": _enumerate([english for english, _ in words], "or"),
        "nb": _enumerate([norwegian for _, norwegian in words], "eller"),
    }


def _enumerate(words: list[str], joint: str) -> str:
    """Return words as prose lists them: "a, b or c"."""
    return f" {joint} ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def name_families(ledger: Ledger) -> dict[str, dict[str, str]]:
    """Return the name of every family by language; one construct may have the same id."""
    named = {
        name: FAMILY_NAMES.get(name, (name.replace("_", " "),) * 2)
        for name in ledger.tables["constructs"]["family"]
    }
    return {
        language: {name: words[place] for name, words in named.items()}
        for place, language in enumerate(("en", "nb"))
    }


def name_predictors(ledger: Ledger) -> dict[str, dict[str, str]]:
    """Return the names of all constructs and families by language, then by construct or family."""
    table = ledger.tables["constructs"]
    families = name_families(ledger)
    return {
        language: names | dict(zip(table["construct"], table[f"name_{language}"], strict=True))
        for language, names in families.items()
    }


FAMILY_NAMES = {
    "alliance": ("the alliance", "arbeidsalliansen"),
    "alliance_change": ("change of the alliance", "endring i alliansen"),
    "outcome": ("therapy outcome", "terapiutfallet"),
    "attachment_change": ("change of attachment", "endring i tilknytning"),
    "treatment": ("treatment", "behandling"),
    "client_attachment": ("the client's attachment", "klientens tilknytning"),
    "attachment_to_therapist": ("attachment to the therapist", "tilknytning til terapeuten"),
    "therapist_attachment": ("the therapist's attachment", "terapeutens tilknytning"),
    "ruptures": ("alliance ruptures", "alliansebrudd"),
    "dropout": ("dropout", "frafall"),
    "help_seeking": ("help seeking and disclosure", "hjelpesøking og selvavsløring"),
    "therapist_response": ("the therapist's response", "terapeutens respons"),
    "affect": ("wishes and stress", "ønsker og stress"),
    "alliance_process": ("the course of the alliance", "alliansens forløp"),
    "attachment_change_to_therapist": (
        "change of attachment to the therapist",
        "endring i tilknytning til terapeuten",
    ),
    "client_factor": ("the client's motivation", "klientens motivasjon"),
    "discrepancy": ("symptoms by rater", "symptomer etter vurderer"),
    "interpersonal": ("interpersonal style", "mellommenneskelig stil"),
    "link": ("the link of alliance and outcome", "sammenhengen mellom allianse og utfall"),
    "match": ("match of client and therapist", "samsvar mellom klient og terapeut"),
    "physiology": ("physiology", "fysiologi"),
    "relationship": ("the relationship", "relasjonen"),
    "session": ("what happens in sessions", "det som skjer i timene"),
}


def count_ledger(ledger: Ledger) -> dict[str, int]:
    """Return how many results, reports, samples, coefficients and published rows the ledger holds.

    ``exact`` counts results of tier A, ``twice`` those read a second time and found again.
    """
    rows = describe_effects(ledger)
    second = ledger.tables["second_coding"]
    return {
        "effects": len(rows),
        "studies": int(rows["study_id"].nunique()),
        "samples": int(rows["sample_id"].nunique()),
        "exact": int((rows["tier"] == "A").sum()),
        "reviews": len(ledger.tables["reviews"]),
        "claims": int((ledger.tables["claims"]["same_as"] == "").sum()),
        "twice": int((second["found"] == "yes").sum()),
        "leftovers": len(ledger.tables["leftovers"]),
    }


def count_rows(ledger: Ledger) -> pd.DataFrame:
    """Return the number of rows by family of x, family of y and tier, largest pairs first.

    Columns ``x_family``, ``y_family``, one a tier, ``rows`` and ``samples``.
    """
    rows = describe_effects(ledger)
    family = ledger.tables["constructs"].set_index("construct")["family"]
    rows = rows.assign(x_family=rows["x"].map(family), y_family=rows["y"].map(family))
    pair = ["x_family", "y_family"]
    counts = pd.crosstab([rows["x_family"], rows["y_family"]], rows["tier"])
    counts = counts.reindex(columns=list(TIERS), fill_value=0)
    counts["rows"] = counts.sum(axis=1)
    counts["samples"] = rows.groupby(pair)["sample_id"].nunique()
    return counts.reset_index().sort_values(["rows", *pair], ascending=[False, True, True])


def climb_ladder(selection: Selection, published: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return the coverage ladder of a question: how many samples reach each step.

    Steps: known (the studies of the largest published review, if they are more than were read),
    read about x and y, with a usable direction, with a coefficient, in this pool. Columns
    ``step``, ``samples``, ``persons`` (the largest n of each sample, summed; NaN where a review
    does not print it).

    Parameters
    ----------
    selection : Selection
        The rows of the question.
    published : DataFrame, optional
        Rows of `selection.select_reviews` about the same question.
    """
    return pd.DataFrame(count_steps(selection, published))


def count_steps(
    selection: Selection, published: pd.DataFrame | None = None
) -> list[dict[str, Any]]:
    """Return the rungs of `climb_ladder` as records, for whoever asks of many questions."""
    rows = (selection.rows, selection.left_out)
    told = {
        name: np.concatenate([part[name].to_numpy(object) for part in rows]) for name in COUNTED
    }
    entered = np.arange(len(told["sample_id"])) < len(selection.rows)
    read = told["duplicate_of"] == ""
    signed = (told["direction_analysed"] == "negative") | (told["direction_analysed"] == "positive")
    steps = {
        "read": read,
        "with a direction": read & signed,
        "with a coefficient": read & (told["known"] == "exact"),
        "in this pool": entered,
    }
    samples, labels = pd.factorize(told["sample_id"])
    persons = told["n"].astype(float)
    ladder = []
    for step, mask in steps.items():
        most = np.full(len(labels), np.nan)
        np.fmax.at(most, samples[mask], persons[mask])
        known = {"samples": len(np.unique(samples[mask])), "persons": float(np.nansum(most))}
        ladder.append({"step": step} | known)
    return [_count_known(ladder[0], published), *ladder]


def _count_known(read: dict, published: pd.DataFrame | None) -> dict:
    """Return the step of all known samples: those of the largest review, or those read."""
    known = read | {"step": "known"}
    if published is None:
        return known
    scope, k = published["k_scope"].to_numpy(object), published["k"].to_numpy(float)
    counted = np.where(scope == "this_estimate", k, np.nan)
    if (counted > known["samples"]).any():
        place = int(np.nanargmax(counted))
        persons = published["n_total"].to_numpy(float)[place]
        known |= {"samples": int(counted[place]), "persons": float(persons)}
    return known


def list_claims(ledger: Ledger) -> pd.DataFrame:
    """Return each claim of the thesis once, with its study's citation, differing ones first.

    What was noted again of a claim stands in its column ``again``, a list of texts, and speaks to
    the same propositions.
    """
    order = {"differs": 0, "agrees": 1, "not_found": 2}
    studies = ledger.tables["studies"].set_index("study_id")["citation"]
    every = ledger.tables["claims"]
    again = every.groupby("same_as")["claim"].agg(list)
    claims = every[every["same_as"] == ""].copy()
    claims["again"] = [again.get(claim, []) for claim in claims["claim_id"]]
    first = every["same_as"].where(every["same_as"] != "", every["claim_id"])
    claims["proposition"] = claims["claim_id"].map(every["proposition"].groupby(first).agg(_unite))
    claims["citation"] = claims["study_id"].map(studies)
    claims["order"] = claims["seen_in_source"].map(order)
    ordered = claims.sort_values(["order", "citation", "claim_id"], kind="stable")
    return ordered.drop(columns="order")


def _unite(propositions: pd.Series) -> str:
    """Return the propositions of several rows, each once, in their order."""
    return " ".join(sorted({*" ".join(propositions).split()}, key=lambda one: int(one[1:])))


def cite_rows(ledger: Ledger) -> dict[str, dict[str, str]]:
    """Return ``citation``, ``study_id`` and ``oddity`` of every effect and estimate, by its id.

    ``study_id`` is blank for a review that has no record among the studies.
    """
    table = ledger.tables["studies"]
    studies = table.set_index("study_id")["citation"]
    reviews = set(table.loc[table["kind"].isin(REVIEWING), "study_id"])
    columns = ["effect_id", "study_id", "oddity"]
    found = {
        effect: {"citation": studies[study], "study_id": study, "oddity": oddity}
        for effect, study, oddity in ledger.tables["effects"][columns].itertuples(index=False)
    }
    columns = ["review_id", "citation", "meta_id", "oddity"]
    for review, citation, meta, oddity in ledger.tables["reviews"][columns].itertuples(index=False):
        study = meta if meta in reviews else ""
        found[review] = {"citation": citation, "study_id": study, "oddity": oddity}
    return found


def compare_codings(ledger: Ledger) -> pd.DataFrame:
    """Return by field how many rows read twice agree; columns ``field``, ``read``, ``differ``.

    A field counts where both readings give it (see `table_rules.compare_readings`).
    """
    effects = ledger.tables["effects"]
    second = ledger.tables["second_coding"].set_index("effect_id")
    twice = effects[~effects["second_reading"].isin(("", "not_found"))]
    records = []
    for field in FIELDS:
        other = twice["effect_id"].map(second[field])
        if field == "significance":
            stated = ("significant", "not_significant")
            both = twice[field].isin(stated) & other.isin(stated)
        elif field == "direction":
            both = other != ""
        else:
            both = twice[field].notna() & other.notna()
        differ = twice["second_reading"].map(lambda text, field=field: field in text.split())
        records.append({"field": field, "read": int(both.sum()), "differ": int(differ.sum())})
    return pd.DataFrame(records)

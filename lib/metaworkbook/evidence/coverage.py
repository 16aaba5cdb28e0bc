"""What was found and what is missing: counts by question and tier, and both readings compared."""

from __future__ import annotations

import pandas as pd

from metaworkbook.evidence.ledger import Ledger
from metaworkbook.evidence.selection import Selection, describe_effects
from metaworkbook.evidence.tiers import TIERS

FIELDS = ("direction", "significance", "n", "value")


def name_constructs(ledger: Ledger, names: str) -> dict[str, str]:
    """Return the English and Norwegian name of constructs or families, by language.

    A family is named by its first construct that shares its name, else by its own name in words.
    """
    table = ledger.tables["constructs"].set_index("construct")
    words = {"en": [], "nb": []}
    for name in names.split():
        family = FAMILY_NAMES.get(name)
        words["en"].append(family[0] if family else table.loc[name, "name_en"])
        words["nb"].append(family[1] if family else table.loc[name, "name_nb"])
    return {
        "en": " or ".join(words["en"]),
        "nb": " eller ".join(words["nb"]),
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
        "claims": len(ledger.tables["claims"]),
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


def climb_ladder(selection: Selection) -> pd.DataFrame:
    """Return the coverage ladder of a question: how many samples reach each step.

    Steps: every sample read about x and y, with a usable direction, with a coefficient, in this
    pool. Columns ``step``, ``samples``, ``persons`` (the largest n of each sample, summed).
    """
    everything = pd.concat([selection.rows, selection.left_out])
    everything = everything[everything["duplicate_of"] == ""]
    signed = everything["direction_analysed"].isin(("negative", "positive"))
    steps = {
        "read": everything,
        "with a direction": everything[signed],
        "with a coefficient": everything[everything["known"] == "exact"],
        "in this pool": selection.rows,
    }
    return pd.DataFrame(
        [
            {
                "step": step,
                "samples": rows["sample_id"].nunique(),
                "persons": float(rows.groupby("sample_id")["n"].max().sum()) if len(rows) else 0.0,
            }
            for step, rows in steps.items()
        ]
    )


def compare_codings(ledger: Ledger) -> pd.DataFrame:
    """Return by field how many rows read twice agree; columns ``field``, ``read``, ``differ``.

    A field counts where both readings give it (see `table_rules.compare_readings`).
    """
    effects = ledger.tables["effects"]
    second = ledger.tables["second_coding"].set_index("effect_id")
    twice = effects[effects["second_reading"].isin(["agrees"]) | (effects["second_reading"] != "")]
    twice = twice[twice["second_reading"] != "not_found"]
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

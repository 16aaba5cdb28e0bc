"""Rules between rows and between tables: samples, overlaps, claims, the second reading."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from metaworkbook.evidence.breaches import Breach
from metaworkbook.evidence.row_rules import check_ranges, signed_value, tell_clashes

#: Of these a sample has no more than persons.
PARTS = ("dyads", "couples", "therapists")
STATED = ("significant", "not_significant")
#: Kinds of studies whose results stand in reviews.csv.
#: Kinds of studies that are reviews. A primary report may bear the id of a review by the same
#: authors and year.
REVIEWING = ("review", "meta_analysis")
PROPOSITIONS = frozenset(f"P{number}" for number in range(1, 16))

# One rule, one block: what is broken, where it shows, what is allowed, what to do.
# fmt: off


def check_sizes(e: pd.DataFrame, samples: pd.DataFrame) -> Iterator[Breach]:
    """Yield where n is not that of the sample, or counts more pairs, and nothing says why."""
    size = e["sample_id"].map(samples.set_index("sample_id")["n"])
    silent = e["n"].notna() & size.notna() & (e["n_note"] == "") & (e["n"] != size)
    yield Breach(
        silent & (e["n_unit"] == "persons"), "n", size.map("{:g}, the n of its sample".format),
        "Correct it, or say under n_note why this result rests on another number.",
    )
    yield Breach(
        silent & (e["n"] > size) & e["n_unit"].isin(PARTS), "n",
        size.map("at most {:g}, the n of its sample".format),
        "Correct n or n_unit, or say under n_note why there are more.",
    )


def check_reports(
    samples: pd.DataFrame, all_samples: pd.DataFrame, everyone: pd.DataFrame
) -> Iterator[Breach]:
    """Yield where a sample does not name exactly the reports whose rows use it.

    Rows whose sample is nowhere are reported themselves; no sample of their study is blamed.
    """
    pairs = everyone[["sample_id", "study_id"]].drop_duplicates().sort_values("study_id")
    used: dict[str, list[str]] = {}
    for sample, study in zip(pairs["sample_id"], pairs["study_id"], strict=True):
        used.setdefault(sample, []).append(study)
    lost = {study for sample in used.keys() - {*all_samples["sample_id"]} for study in used[sample]}
    expected = [" ".join(used.get(sample, ())) for sample in samples["sample_id"]]
    named = [set(text.split()) for text in samples["reports"]]
    differs = [
        mine != set(studies.split()) and not lost & mine
        for mine, studies in zip(named, expected, strict=True)
    ]
    yield Breach(
        np.array(differs, dtype=bool), "reports",
        np.array([words or "a sample that some row uses" for words in expected], dtype=object),
        "Name every report whose rows use this sample, and no other.",
    )


def check_overlaps(
    studies: pd.DataFrame, all_studies: pd.DataFrame, everyone: pd.DataFrame
) -> Iterator[Breach]:
    """Yield where overlapping reports do not name each other, or share no sample."""
    overlapping = studies[studies["same_sample_as"] != ""]
    partners = overlapping.set_index("study_id")["same_sample_as"].str.split().to_dict()
    told = all_studies.set_index("study_id")["same_sample_as"].str.split().to_dict()
    one_sided = [
        any(mine not in told.get(other, ()) for other in others)
        for mine, others in partners.items()
    ]
    yield Breach(
        _spread(one_sided, overlapping, studies), "same_sample_as",
        "study ids that name this study in turn", "Enter the overlap with both studies.",
    )
    used = everyone[everyone["study_id"].isin(_words(partners))]
    samples = used.groupby("study_id")["sample_id"].agg(set).to_dict()
    apart = [
        not alone and any(_are_apart(samples, mine, other) for other in others)
        for alone, (mine, others) in zip(one_sided, partners.items(), strict=True)
    ]
    yield Breach(
        _spread(apart, overlapping, studies), "same_sample_as",
        "studies whose rows share a sample_id with this one",
        "Give the rows of both reports one sample_id, or the people count twice.",
    )


def check_dois(
    studies: pd.DataFrame, all_studies: pd.DataFrame, everyone: pd.DataFrame
) -> Iterator[Breach]:
    """Yield where two reports with results have one DOI and are not told to overlap."""
    named = all_studies[all_studies["doi"] != ""]
    used = named[named["study_id"].isin(everyone["study_id"])]
    owners = used.groupby(used["doi"].str.lower())["study_id"].agg(list).to_dict()
    with_results = set(used["study_id"])
    others = [
        " ".join(
            other for other in owners.get(doi.lower(), ())
            if study in with_results and other not in {study, *told.split()}
        )
        for study, doi, told in zip(
            studies["study_id"], studies["doi"], studies["same_sample_as"], strict=True
        )
    ]
    others = pd.Series(others, index=studies.index, dtype="str")
    yield Breach(
        others != "", "doi", "another than that of " + others,
        "Correct it, or name each study under same_sample_as of the other.",
    )


def check_reviewed(studies: pd.DataFrame, reviews: pd.DataFrame) -> Iterator[Breach]:
    """Yield where a review that is listed as a study lacks the DOI under which it was read."""
    printed = reviews[reviews["doi"] != ""]
    printed = dict(zip(printed["meta_id"], printed["doi"], strict=True))
    listed = studies["kind"].isin(REVIEWING) & studies["study_id"].isin(printed)
    asked = pd.Series([printed.get(study, "") for study in studies["study_id"]], studies.index)
    yield Breach(
        listed & (studies["doi"] != asked), "doi", asked + ", as effects/reviews.csv has it",
        "Copy it with title, journal and year, or correct it there.",
    )


def _words(partners: dict[str, list[str]]) -> set[str]:
    return set(partners).union(*partners.values())


def _are_apart(samples: dict[str, set[str]], mine: str, other: str) -> bool:
    return mine in samples and other in samples and not samples[mine] & samples[other]


def _spread(flags: list[bool], rows: pd.DataFrame, table: pd.DataFrame) -> pd.Series:
    """Return flags of some rows as a mask of the whole table."""
    return pd.Series(flags, index=rows.index, dtype=bool).reindex(table.index, fill_value=False)


def check_second_reading(
    e: pd.DataFrame, second: pd.DataFrame, all_second: pd.DataFrame
) -> Iterator[Breach]:
    """Yield where the outcome of the second reading is not what the two tables say."""
    expected = compare_readings(e, second)
    unsound = set(all_second["effect_id"]) - set(second["effect_id"])
    stale = (e["second_reading"] != expected) & ~e["effect_id"].isin(unsound)
    yield Breach(
        stale, "second_reading", expected.where(expected != "", "blank"),
        "The cell names the fields in which effects/second_coding.csv differs from this row: enter "
        "them, or correct the field that is wrong.",
    )


def compare_readings(effects: pd.DataFrame, second: pd.DataFrame) -> pd.Series:
    """Return for each effect the fields on which the second reading differs.

    Blank where the row was not read twice, "not_found" where the second reader did not find it,
    "agrees" where nothing differs, otherwise the fields in order, separated by spaces. A field
    counts only where both readings give a value; a significance stated by one alone does not
    count, because the second reader's convention was stricter. Shares read as percent are turned
    to proportions first.
    """
    again = second.set_index("effect_id").reindex(effects["effect_id"]).set_index(effects.index)
    percent = (effects["statistic"] == "proportion") & (again["value"] > 1)
    value = again["value"].where(~percent, again["value"] / 100)
    stated = effects["significance"].isin(STATED) & again["significance"].isin(STATED)
    differs = {
        "direction": (effects["direction"] != again["direction"]) & (again["direction"] != ""),
        "significance": stated & (effects["significance"] != again["significance"]),
        "n": (effects["n"] - again["n"]).abs() > 0,
        "value": (effects["value"] - value).abs() > 1e-9,
    }
    words = [
        " ".join(field for field, differ in zip(differs, row, strict=True) if differ) or "agrees"
        for row in zip(*(mask.to_numpy() for mask in differs.values()), strict=True)
    ]
    told = pd.Series(words, index=effects.index, dtype="str")
    return told.where(again["found"] != "no", "not_found").where(again["found"].notna(), "")


def check_second_ids(
    second: pd.DataFrame, whole: dict[str, pd.DataFrame]
) -> Iterator[Breach]:
    """Yield where a row read twice is nowhere: no effect, claim, review or leftover."""
    homes = {*whole["effects"]["effect_id"], *whole["claims"]["claim_id"]}
    homes.update(whole["leftovers"]["raw_id"], *whole["reviews"]["raw_effect_ids"].str.split())
    yield Breach(
        ~second["effect_id"].isin(homes), "effect_id",
        "an id of effects.csv, claims.csv, leftovers.csv, or raw_effect_ids of reviews.csv",
        "Correct the id.",
    )


def check_propositions(table: pd.DataFrame) -> Iterator[Breach]:
    """Yield where a row names a proposition that the thesis does not have."""
    yield Breach(
        ~_are_words_of(table["proposition"], PROPOSITIONS), "proposition",
        "P1 to P15 separated by spaces", "Correct it.",
    )


def check_claims(claims: pd.DataFrame, constructs: pd.DataFrame) -> Iterator[Breach]:
    """Yield where a claim names an unknown construct, or its number cannot be as it is told."""
    known = frozenset(constructs["construct"])
    for column in ("x", "y"):
        yield Breach(
            ~_are_words_of(claims[column], known), column,
            "constructs of effects/constructs.csv separated by spaces, or blank", "Correct it.",
        )
    yield from check_ranges(claims, "value", claims["value"].notna())
    yield Breach(
        tell_clashes(claims, signed_value(claims, "value")), "direction",
        "the sign of the claimed number", "Correct one of them.",
    )


def check_percent(studies: pd.DataFrame) -> Iterator[Breach]:
    """Yield where women are entered as a share."""
    share = studies["pct_female"]
    yield Breach(
        (share > 0) & (share < 1), "pct_female", "0, or 1 to 100",
        "Enter percent and not a share; round a percentage below 1.",
    )


def check_told_again(claims: pd.DataFrame, everyone: pd.DataFrame) -> Iterator[Breach]:
    """Yield where a claim tells again what no earlier claim of its study tells first."""
    first = everyone[everyone["same_as"] == ""].drop_duplicates("claim_id")
    study = dict(zip(first["claim_id"], first["study_id"], strict=True))
    line = dict(zip(first["claim_id"], first.index, strict=True))
    sound = [
        other == "" or (study.get(other) == mine and line[other] < place)
        for other, mine, place in zip(
            claims["same_as"], claims["study_id"], claims.index, strict=True
        )
    ]
    yield Breach(
        ~pd.Series(sound, index=claims.index, dtype=bool), "same_as",
        "an earlier claim of the same study that tells no other again, or blank",
        "Name the first row of this claim.",
    )


def _are_words_of(texts: pd.Series, known: frozenset[str]) -> pd.Series:
    verdicts = {text: known.issuperset(text.split()) for text in texts.unique()}
    return texts.map(verdicts).astype(bool)

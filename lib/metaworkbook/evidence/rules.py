"""Cross-field rules: what must hold between the cells of a row, between rows and between tables."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from metaworkbook.errors import Problem

FLIPPED = {"negative": "positive", "positive": "negative"}
VALUED = ("r", "t", "F", "d", "OR", "HR", "b", "beta")
SIGNED = ("r", "t", "d", "b", "beta")
RATIO = ("OR", "HR")
# Half a unit of the second decimal: printed correlations and interval ends are rounded to it.
ROUNDING = 0.005


def check_rules(tables: dict[str, pd.DataFrame], whole: dict[str, pd.DataFrame]) -> list[Problem]:
    """Return what breaks a rule.

    Parameters
    ----------
    tables : dict of DataFrame
        The rows whose own cells are sound, by table.
    whole : dict of DataFrame
        All rows, for rules that ask whether something exists elsewhere.
    """
    rules = {
        "effects": (_check_statistics, _check_printed, _check_signs, _check_significance,
                    _check_groups),
        "shares": (_check_shares,),
        "reviews": (_check_reviews,),
        "studies": (_check_urls,),
    }  # fmt: skip
    problems = [
        problem
        for name, checks in rules.items()
        if name in tables
        for check in checks
        for problem in check(tables[name])
    ]
    needed = {"effects", "samples", "studies", "constructs", "second_coding", "claims"}
    if needed <= set(tables):
        problems.extend(_check_samples(tables, whole))
        problems.extend(_check_duplicates(tables["effects"], whole["effects"]))
        problems.extend(_check_second_reading(tables, whole))
        problems.extend(_check_named(tables, whole))
    return problems


def _at(
    table: pd.DataFrame,
    file: str,
    key: str,
    mask: pd.Series,
    column: str,
    allowed: str,
    remedy: str,
) -> Iterator[Problem]:
    for line, row in table[mask.to_numpy(dtype=bool)].iterrows():
        value = row[column]
        found = "blank" if value == "" or value != value else f'"{value}"'
        if isinstance(value, float) and value == value:
            found = f"{value:g}"
        yield Problem(
            f"effects/{file}.csv", int(line), str(row[key]), column, found, allowed, remedy
        )


def _effects(table: pd.DataFrame, mask: pd.Series, *words: str) -> Iterator[Problem]:
    return _at(table, "effects", "effect_id", mask, *words)


def _check_statistics(e: pd.DataFrame) -> Iterator[Problem]:
    value, statistic = e["value"], e["statistic"]
    yield from _effects(
        e, statistic.isin(VALUED) & value.isna(), "value", "a number",
        "The statistic names a printed number: enter it, or call the row direction_only.")  # fmt: skip
    yield from _effects(
        e, statistic.isin(("direction_only", "p_only")) & value.notna(), "value", "blank",
        "A row with a number names its statistic.")  # fmt: skip
    yield from _effects(
        e, (statistic == "r") & (value.abs() >= 1), "value", "-1 < r < 1",
        "A correlation lies between -1 and 1: check the decimal point.")  # fmt: skip
    yield from _effects(
        e, statistic.isin(RATIO) & (value <= 0), "value", "above 0", "A ratio is positive."
    )
    yield from _effects(e, (statistic == "F") & (value < 0), "value", "at least 0",
                        "F is never negative.")  # fmt: skip
    yield from _effects(
        e, (statistic == "proportion") & ((value < 0) | (value > 1)), "value", "0 to 1",
        "Enter the share as a proportion.")  # fmt: skip
    yield from _effects(
        e, (statistic == "p_only") & (e["p_reported"] == ""), "p_reported", "p as printed",
        "Enter p as printed, or call the row direction_only.")  # fmt: skip
    yield from _effects(
        e, (statistic == "means") & (e["detail"] == "") & e["mean1"].isna(), "detail",
        "the means", "Enter the means as printed.")  # fmt: skip
    yield from _effects(
        e, statistic.isin(("proportion", "counts", "other")) & value.isna() & (e["detail"] == ""),
        "detail", "what was printed", "Enter the result as printed.")  # fmt: skip
    yield from _effects(
        e, e["p_value"].notna() != (e["p_relation"] != ""), "p_relation", "=, < or > with every p_value",
        "Enter both or neither.")  # fmt: skip
    yield from _effects(
        e, e["n"].isna() & e[["n1", "n2"]].notna().all(axis=1), "n", "at least n1 + n2",
        "Enter the number the result rests on.")  # fmt: skip


def _check_groups(e: pd.DataFrame) -> Iterator[Problem]:
    yield from _effects(
        e, (e["n1"] + e["n2"]) > e["n"], "n", "at least n1 + n2", "Correct n or the group sizes."
    )
    yield from _effects(
        e, (e["natural_classes"] != "") & (e["contrast"] != "groups"), "natural_classes", "blank",
        "Only compared groups have classes.")  # fmt: skip
    sized = e[["n1", "n2"]].notna().all(axis=1) & (e["contrast"] == "groups")
    yield from _effects(
        e, sized & (e["natural_classes"] == ""), "natural_classes", "yes, no",
        "Say whether the groups are natural classes: the conversion depends on it.")  # fmt: skip
    yield from _effects(
        e, (e["ci_low"] > e["ci_high"]) & (e["oddity"] == ""), "ci_low", "at most ci_high",
        "Swap the ends, or describe the printed order under oddity.")  # fmt: skip
    outside = ((e["value"] < e["ci_low"]) | (e["value"] > e["ci_high"])) & (e["oddity"] == "")
    yield from _effects(
        e, outside, "value", "within ci_low and ci_high",
        "Check value and interval, or describe the misprint under oddity.")  # fmt: skip


def _check_printed(e: pd.DataFrame) -> Iterator[Problem]:
    """A printed interval or p must follow from r and n, within what rounding explains."""
    from scipy.stats import norm, t

    r = e[(e["statistic"] == "r") & (e["value"].abs() < 1) & (e["n"] >= 4) & (e["oddity"] == "")]
    r = r[(r["contrast"] == "bivariate") & r["n_unit"].isin(("persons", "therapists", "dyads"))]
    z, half = np.arctanh(r["value"]), norm.ppf(0.975) / np.sqrt(r["n"] - 3)
    low, high = np.tanh(z - half), np.tanh(z + half)
    slack = 2 * ROUNDING + 1e-9
    for column, expected in (("ci_low", low), ("ci_high", high)):
        wrong = (r[column] - expected).abs() > slack
        for line in r.index[wrong]:
            yield from _effects(
                r, r.index == line, column, f"{expected[line]:.3f} from r and n, within rounding",
                "Check r, n and the interval, or describe the misprint under oddity.")  # fmt: skip
    df = r["n"] - 2
    size = r["value"].abs()

    def p_of(rho: pd.Series) -> pd.Series:
        rho = rho.clip(0, 1 - 1e-12)
        return pd.Series(2 * t.sf(rho * np.sqrt(df / (1 - rho**2)), df), index=rho.index)

    most, least = p_of(size - ROUNDING), p_of(size + ROUNDING)
    p, relation = r["p_value"], r["p_relation"]
    unit = np.maximum(10.0 ** -p.map(_decimals) / 2, 1e-12)
    wrong = (
        ((relation == "=") & ((p + unit < least) | (p - unit > most)))
        | ((relation == "<") & (least >= p))
        | ((relation == ">") & (most <= p))
    )
    for line in r.index[wrong]:
        yield from _effects(
            r, r.index == line, "p_value",
            f"{least[line]:.3g} to {most[line]:.3g} from r and n",
            "Check r, n and p, or describe the misprint under oddity.")  # fmt: skip


def _decimals(value: float) -> int:
    text = repr(value)
    return 2 if "." not in text else max(2, len(text.split(".")[1].split("e")[0]))


def _check_signs(e: pd.DataFrame) -> Iterator[Problem]:
    yield from _at(
        e, "effects", "effect_id", e["direction_analysed"] != analyse_direction(e),
        "direction_analysed", "the stated direction under the polarity of x and y",
        "Turn it where exactly one of x_scored_as and y_scored_as is reversed.")  # fmt: skip
    value = e["value"].where(~e["statistic"].isin(RATIO), np.log(e["value"].where(e["value"] > 0)))
    sign = np.sign(value.where(e["statistic"].isin(SIGNED + RATIO)))
    stated = e["direction"].map({"negative": -1.0, "positive": 1.0})
    clash = sign.notna() & stated.notna() & (sign != 0) & (sign != stated) & (e["oddity"] == "")
    yield from _effects(
        e, clash, "direction", "the sign of value",
        "Correct one of them, or describe under oddity why the print carries no sign.")  # fmt: skip


def analyse_direction(table: pd.DataFrame) -> pd.Series:
    """Return each row's direction under the polarity of its constructs.

    The stated direction is turned where exactly one of x and y was scored against the construct.
    """
    turned = (table["x_scored_as"] == "reversed") != (table["y_scored_as"] == "reversed")
    return table["direction"].where(~turned, table["direction"].map(lambda d: FLIPPED.get(d, d)))


def _check_significance(e: pd.DataFrame) -> Iterator[Problem]:
    level = e["level"].fillna(0.05)
    quiet = e["oddity"] == ""
    over = e["p_relation"].isin(("=", ">")) & (e["p_value"] > level)
    under = e["p_relation"].isin(("=", "<")) & (e["p_value"] <= level)
    yield from _effects(
        e, quiet & over & (e["significance"] == "significant"), "significance", "not_significant",
        "p is above the level: correct one, enter the printed level, or describe it under oddity.")  # fmt: skip
    yield from _effects(
        e, quiet & under & (e["significance"] == "not_significant"), "significance", "significant",
        "p is at or below the level: correct one, or describe it under oddity.")  # fmt: skip


def _check_shares(s: pd.DataFrame) -> Iterator[Problem]:
    place = ("shares", "effect_id")
    yield from _at(s, *place, s["count"] > s["n"], "count", "at most n", "Correct count or n.")
    off = (s["count"] / s["n"] - s["share"]).abs() > ROUNDING + 1e-9
    yield from _at(
        s, *place, off, "share", "count / n within rounding", "Correct count, n or share."
    )
    total = s.groupby(["effect_id", "system"])["share"].transform("sum")
    yield from _at(
        s, *place, total > 1.03, "share", "shares that sum to at most 1",
        "Check the classes of this row, or use another system for an additional code.")  # fmt: skip


def _check_reviews(r: pd.DataFrame) -> Iterator[Problem]:
    place = ("reviews", "review_id")
    yield from _at(
        r, *place, r["direction_analysed"] != analyse_direction(r), "direction_analysed",
        "the printed direction under the polarity of x and y",
        "Turn it where exactly one of x_scored_as and y_scored_as is reversed.")  # fmt: skip
    yield from _at(
        r, *place, (r["statistic"] == "r") & (r["estimate"].abs() >= 1), "estimate", "-1 < r < 1",
        "A correlation lies between -1 and 1: check the decimal point.")  # fmt: skip
    yield from _at(
        r, *place, (r["statistic"] == "direction_only") & r["estimate"].notna(), "estimate", "blank",
        "A row with a number names its statistic.")  # fmt: skip
    quiet = (r["interval_note"] == "") & (r["oddity"] == "")
    outside = (r["estimate"] < r[["ci_low", "ci_high"]].min(axis=1)) | (
        r["estimate"] > r[["ci_low", "ci_high"]].max(axis=1)
    )
    yield from _at(
        r, *place, outside & quiet, "estimate", "within ci_low and ci_high",
        "Check estimate and interval, or describe it under interval_note.")  # fmt: skip
    yield from _at(
        r, *place, (r["ci_low"] > r["ci_high"]) & quiet, "ci_low", "at most ci_high",
        "Swap the ends, or describe the printed order under interval_note.")  # fmt: skip
    missing = (r["superseded_by"] != "") & ~r["superseded_by"].isin(r["review_id"])
    yield from _at(
        r, *place, missing, "superseded_by", "a review_id of this table", "Correct the id."
    )


def _check_urls(s: pd.DataFrame) -> Iterator[Problem]:
    known = set(s["study_id"])
    for line, row in s[s["same_sample_as"] != ""].iterrows():
        for other in row["same_sample_as"].split():
            back = s[s["study_id"] == other]
            if other not in known or row["study_id"] not in back["same_sample_as"].iloc[0].split():
                yield Problem(
                    "effects/studies.csv", int(line), row["study_id"], "same_sample_as",
                    f'"{other}"', "study ids that name this study in turn",
                    "Enter the overlap with both studies.")  # fmt: skip


def _check_samples(
    tables: dict[str, pd.DataFrame], whole: dict[str, pd.DataFrame]
) -> Iterator[Problem]:
    e, samples = tables["effects"], tables["samples"]
    sizes = samples.set_index("sample_id")["n"]
    sample_n = e["sample_id"].map(sizes)
    differs = (e["n_unit"] == "persons") & e["n"].notna() & sample_n.notna() & (e["n"] != sample_n)
    for line in e.index[differs & (e["n_note"] == "")]:
        yield from _effects(
            e, e.index == line, "n", f"{sample_n[line]:g}, the n of its sample",
            "Correct it, or say under n_note why this result rests on another number.")  # fmt: skip
    everyone = whole["effects"]
    reports = everyone.groupby("sample_id")["study_id"].agg(lambda ids: set(ids))
    for line, row in samples.iterrows():
        named, used = set(row["reports"].split()), reports.get(row["sample_id"], set())
        if named != used:
            yield Problem(
                "effects/samples.csv", int(line), row["sample_id"], "reports",
                f'"{row["reports"]}"', " ".join(sorted(used)) or "a sample that some row uses",
                "Name every report whose rows use this sample, and no other.")  # fmt: skip
    of_study = everyone.groupby("study_id")["sample_id"].agg(lambda ids: set(ids))
    for line, row in tables["studies"].iterrows():
        for other in row["same_sample_as"].split():
            mine, theirs = of_study.get(row["study_id"], set()), of_study.get(other, set())
            if mine and theirs and not mine & theirs:
                yield Problem(
                    "effects/studies.csv", int(line), row["study_id"], "same_sample_as",
                    f'"{other}" with sample {" ".join(sorted(theirs))}',
                    f"the same sample, {' '.join(sorted(mine))}",
                    "Give the rows of both reports one sample_id, or the people count twice.")  # fmt: skip


SAME_RESULT = (
    "sample_id", "x", "x_as_written", "x_measure", "y", "y_as_written", "y_measure", "y_rater",
    "phase", "phase_as_written", "n", "statistic", "value", "p_reported", "direction",
    "significance", "contrast", "detail", "group", "summary",
)  # fmt: skip


def _check_duplicates(e: pd.DataFrame, everyone: pd.DataFrame) -> Iterator[Problem]:
    by_id = everyone.drop_duplicates("effect_id").set_index("effect_id")
    for line, row in e[e["duplicate_of"] != ""].iterrows():
        other = row["duplicate_of"]
        if (
            other not in by_id.index
            or other == row["effect_id"]
            or by_id.at[other, "sample_id"] != row["sample_id"]
            or by_id.at[other, "duplicate_of"] != ""
        ):
            yield Problem(
                "effects/effects.csv", int(line), row["effect_id"], "duplicate_of", f'"{other}"',
                "another row of the same sample that is itself no duplicate",
                "Name the row that is to count.")  # fmt: skip
    single = e[e["duplicate_of"] == ""]
    again = single.duplicated(list(SAME_RESULT), keep="first")
    yield from _effects(
        single, again, "effect_id", "one row a result",
        "It repeats an earlier row: delete it, or name that row under duplicate_of.")  # fmt: skip


def compare_readings(effects: pd.DataFrame, second: pd.DataFrame) -> pd.Series:
    """Return for each effect the fields on which the second reading differs.

    Blank where the row was not read twice, "not_found" where the second reader did not find it,
    "agrees" where nothing differs, otherwise the fields in order, separated by spaces. A field
    counts only where both readings give a value; a significance stated by one alone does not
    count, because the second reader's convention was stricter. Shares read as percent are turned
    to proportions first.
    """
    both = effects[["effect_id", "n", "value", "direction", "significance", "statistic"]].merge(
        second, on="effect_id", how="left", suffixes=("", "_2")
    )
    percent = (both["statistic"] == "proportion") & (both["value_2"] > 1)
    value_2 = both["value_2"].where(~percent, both["value_2"] / 100)
    stated = ("significant", "not_significant")
    differs = {
        "direction": both["direction"] != both["direction_2"],
        "significance": both["significance"].isin(stated)
        & both["significance_2"].isin(stated)
        & (both["significance"] != both["significance_2"]),
        "n": (both["n"] - both["n_2"]).abs() > 0,
        "value": (both["value"] - value_2).abs() > 1e-9,
    }
    words = pd.Series("", index=both.index)
    for field, mask in differs.items():
        words = words.where(~mask, words + f" {field}")
    words = words.str.strip().where(lambda text: text != "", "agrees")
    words = words.where(both["found"] != "no", "not_found").where(both["found"].notna(), "")
    return pd.Series(words.to_numpy(), index=effects.index)


def _check_second_reading(
    tables: dict[str, pd.DataFrame], whole: dict[str, pd.DataFrame]
) -> Iterator[Problem]:
    e = tables["effects"]
    expected = compare_readings(e, whole["second_coding"].drop_duplicates("effect_id"))
    for line in e.index[e["second_reading"] != expected]:
        yield from _effects(
            e, e.index == line, "second_reading", f'"{expected[line]}"',
            "Enter what effects/second_coding.csv says, or correct it there.")  # fmt: skip


def _check_named(
    tables: dict[str, pd.DataFrame], whole: dict[str, pd.DataFrame]
) -> Iterator[Problem]:
    constructs = set(whole["constructs"]["construct"])
    claims = tables["claims"]
    for column in ("x", "y"):
        unknown = claims[column].map(lambda text: not set(text.split()) <= constructs)
        yield from _at(
            claims, "claims", "claim_id", unknown, column,
            "constructs of effects/constructs.csv separated by spaces, or blank", "Correct it.")  # fmt: skip
    allowed = {f"P{number}" for number in range(1, 16)}
    for name, key in (("effects", "effect_id"), ("claims", "claim_id")):
        table = tables[name]
        bad = table["proposition"].map(lambda text: not set(text.split()) <= allowed)
        yield from _at(
            table, name, key, bad, "proposition", "P1 to P15 separated by spaces", "Correct it."
        )

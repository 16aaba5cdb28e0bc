"""Ledgers made up row by row: what a proposition asks for is written down, and nothing else."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from metaworkbook import paths
from metaworkbook.evidence.dictionary import read_dictionary
from metaworkbook.evidence.ledger import Ledger
from metaworkbook.evidence.propositions import PROPOSITIONS, Ask, Proposition

SIGNS = {"positive": 1.0, "negative": -1.0}
WORDS = {1.0: "positive", -1.0: "negative", 0.0: "none"}


@cache
def constructs() -> pd.DataFrame:
    return pd.read_csv(paths.effects() / "constructs.csv", keep_default_na=False)


@cache
def dictionary():
    return read_dictionary()


def proposition(identity: str) -> Proposition:
    return next(one for one in PROPOSITIONS if one.id == identity)


class Writer:
    """Collects rows of the tables and turns them into a ledger with the dictionary's types."""

    def __init__(self):
        self.rows = {name: [] for name in dictionary()}
        self.count = 0

    def ledger(self) -> Ledger:
        tables = {}
        for name, table in dictionary().items():
            rows = self.rows[name]
            tables[name] = pd.DataFrame(
                {
                    column.name: typed(column, [row.get(column.name) for row in rows])
                    for column in table.columns
                }
            )
        tables["constructs"] = constructs()
        return Ledger(tables, "synthetic")

    def sample(self, **study) -> str:
        self.count += 1
        name = f"s{self.count}"
        self.rows["samples"].append({"sample_id": name, "reports": name, "n": 300})
        self.rows["studies"].append(
            {"study_id": name, "citation": f"Author ({1900 + self.count})", "year": 2000,
             "kind": "journal_article", "unverified": "no", "cited_in_thesis": "no"} | study
        )  # fmt: skip
        return name

    def effect(self, sample: str, x: str, y: str, sign: float, **cells) -> str:
        identity = f"{sample}-{len(self.rows['effects']) + 1}"
        self.rows["effects"].append(
            {"effect_id": identity, "study_id": sample, "sample_id": sample, "x": x, "y": y,
             "x_as_written": x, "y_as_written": y, "x_scored_as": "construct",
             "y_scored_as": "construct", "phase": "unclear", "n": 300, "n_unit": "persons",
             "statistic": "direction_only", "contrast": "bivariate", "direction": WORDS[sign],
             "direction_analysed": WORDS[sign], "significance": "not_stated",
             "source_kind": "abstract", "summary": "made up", "confidence": "high"} | cells
        )  # fmt: skip
        return identity

    def review(self, x: str, y: str, r: float, half: float = 0.03, **cells) -> None:
        identity = f"review{len(self.rows['reviews']) + 1}-01"
        self.rows["reviews"].append(
            {"review_id": identity, "meta_id": identity[:-3], "citation": "Reviewer (2020)",
             "year": 2020, "unverified": "no", "cited_in_thesis": "no", "x": x, "y": y,
             "x_as_written": x, "y_as_written": y, "x_scored_as": "construct",
             "y_scored_as": "construct", "statistic": "r", "estimate": r,
             "ci_low": r - half, "ci_high": r + half, "modality": "individual_adult",
             "direction": WORDS[float(np.sign(r))], "direction_analysed": WORDS[float(np.sign(r))],
             "source_kind": "abstract", "confidence": "high"} | cells
        )  # fmt: skip

    def share(self, attachment_class: str, system: str, group: str, count: int, n: int) -> None:
        identity = self.effect(
            self.sample(), attachment_class, "class_distribution", 0.0, contrast="descriptive",
            statistic="proportion", direction="unstated", direction_analysed="unstated",
            group=group,
        )  # fmt: skip
        self.rows["shares"].append(
            {"effect_id": identity, "system": system, "attachment_class": attachment_class,
             "count": count, "share": count / n, "n": n}
        )  # fmt: skip

    def point(self, ask: Ask, sign: float) -> None:
        """Write the rows that make a part point up (1) or down (-1)."""
        getattr(self, f"_{ask.kind}")(ask, sign)

    def _synthesis(self, ask: Ask, sign: float, against: bool = False) -> None:
        self._correlations(ask.x, ask.y, 0.4 * sign, ask.filters, ask.where)

    def _contrast(self, ask: Ask, sign: float) -> None:
        other = dict(ask.against)
        fields = {name: other.pop(name, getattr(ask, name)) for name in ("x", "y", "where")}
        self._correlations(ask.x, ask.y, 0.4 * sign, ask.filters, ask.where)
        self._correlations(fields["x"], fields["y"], 0.0, ask.filters | other, fields["where"])

    def _correlations(self, x, y, r, filters, where) -> None:
        columns = {"rater": "y_rater", "phase": "phase", "measure_family": "measure_family"}
        cells = {columns[name]: value for name, value in filters.items() if name in columns}
        for shift in (-0.02, 0.0, 0.0, 0.02):
            study = {name: values[0] for name, values in where.items()}
            value = r + shift
            self.effect(self.sample(**study), construct(x), construct(y),
                        float(np.sign(value)), statistic="r", value=value, **cells)  # fmt: skip

    def _reviews(self, ask: Ask, sign: float) -> None:
        modalities = ask.where.get("modality", ("individual_adult", "youth", "group", "internet"))
        for modality in modalities:
            self.review(construct(ask.x), construct(ask.y), 0.3 * sign, modality=modality)

    def _equivalence(self, ask: Ask, sign: float) -> None:
        if not any(row["x"].startswith("alliance") for row in self.rows["reviews"]):
            self.review("alliance_total", "outcome_other", 0.3)
        self.review(ask.x, "outcome_other", 0.3 if sign > 0 else 0.01)

    def _proportions(self, ask: Ask, sign: float) -> None:
        system = ask.where["system"][0]
        for counts in ((60, 20), (55, 22), (58, 18), (62, 25)):
            clinical, other = counts if sign > 0 else counts[::-1]
            self.share(ask.x, system, "clinical", clinical, 100)
            self.share(ask.x, system, "non_clinical", other, 100)

    def _change(self, ask: Ask, sign: float) -> None:
        for d in (0.5, 0.6, 0.6, 0.7):
            self.effect(self.sample(), "treatment", construct(ask.y), sign, statistic="d",
                        value=sign * d, contrast="paired", control="uncontrolled")  # fmt: skip

    def _directions(self, ask: Ask, sign: float) -> None:
        control = ask.where["control"][0]
        x = "treatment" if control == "uncontrolled" else "treatment_vs_control"
        contrast = "paired" if control == "uncontrolled" else "groups"
        for _ in range(9):
            self.effect(self.sample(), x, construct(ask.y), sign, control=control,
                        contrast=contrast, significance="significant")  # fmt: skip


def construct(words: str) -> str:
    """Return the first construct that a filter lets in."""
    word = words.split()[0]
    members = constructs().loc[constructs()["family"] == word, "construct"]
    return word if members.empty else members.iloc[0]


def typed(column, values: list) -> pd.Series:
    if column.type == "string":
        return pd.Series(["" if value is None else str(value) for value in values], dtype=str)
    return pd.Series([np.nan if value is None else value for value in values], dtype=float)

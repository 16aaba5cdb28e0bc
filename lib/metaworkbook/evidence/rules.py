"""Cross-field rules: which rule is put to which table; the rules stand in the modules below."""

from __future__ import annotations

import pandas as pd

from metaworkbook.errors import Problem
from metaworkbook.evidence import (
    printed_rules,
    repeat_rules,
    review_rules,
    row_rules,
    share_rules,
    significance_rules,
    table_rules,
)
from metaworkbook.evidence.breaches import list_problems
from metaworkbook.evidence.columns import Table

ROW_RULES = {
    "studies": (table_rules.check_percent,),
    "constructs": (repeat_rules.check_names,),
    "effects": (
        row_rules.check_statistics,
        row_rules.check_p_values,
        row_rules.check_groups,
        row_rules.check_pair,
        row_rules.check_signs,
        significance_rules.check_degrees,
        significance_rules.check_significance,
        significance_rules.check_told,
        printed_rules.check_printed,
        printed_rules.check_copied_p,
        printed_rules.check_effect_intervals,
        table_rules.check_propositions,
    ),
    "shares": (share_rules.check_shares,),
    "reviews": (
        review_rules.check_reviews,
        review_rules.check_heterogeneity,
        review_rules.check_errors,
        review_rules.check_reviewed,
        printed_rules.check_copied_p,
        printed_rules.check_review_intervals,
    ),
    "review_moderators": (review_rules.check_moderators,),
    "claims": (table_rules.check_propositions,),
}

#: The column that holds a row's id, and the one whose id this one begins with.
OWNERS = {
    "effects": ("effect_id", "study_id"),
    "reviews": ("review_id", "meta_id"),
    "review_moderators": ("moderator_id", "meta_id"),
    "claims": ("claim_id", "study_id"),
}

#: The table judged, the others the rule looks into, and the rule: ``t`` holds the sound rows of
#: each table, ``w`` all rows.
TABLE_RULES = (
    ("effects", "samples", lambda t, w: table_rules.check_sizes(t["effects"], t["samples"])),
    (
        "samples",
        "effects",
        lambda t, w: table_rules.check_reports(t["samples"], w["samples"], w["effects"]),
    ),
    (
        "studies",
        "effects",
        lambda t, w: table_rules.check_overlaps(t["studies"], w["studies"], w["effects"]),
    ),
    (
        "studies",
        "effects",
        lambda t, w: table_rules.check_dois(t["studies"], w["studies"], w["effects"]),
    ),
    (
        "studies",
        "reviews",
        lambda t, w: table_rules.check_reviewed(t["studies"], w["reviews"]),
    ),
    (
        "effects",
        "constructs",
        lambda t, w: repeat_rules.check_duplicates(t["effects"], w["effects"], w["constructs"]),
    ),
    (
        "shares",
        "effects constructs",
        lambda t, w: share_rules.check_shared(t["shares"], w["effects"], w["constructs"]),
    ),
    (
        "reviews",
        "constructs",
        lambda t, w: review_rules.check_superseded(t["reviews"], w["reviews"], w["constructs"]),
    ),
    (
        "reviews",
        "studies",
        lambda t, w: review_rules.check_raw(t["reviews"], w["reviews"], w["studies"]),
    ),
    (
        "review_moderators",
        "reviews leftovers",
        lambda t, w: review_rules.check_moderated(
            t["review_moderators"], w["reviews"], w["leftovers"]
        ),
    ),
    (
        "effects",
        "second_coding",
        lambda t, w: table_rules.check_second_reading(
            t["effects"], t["second_coding"], w["second_coding"]
        ),
    ),
    (
        "second_coding",
        "effects claims leftovers reviews",
        lambda t, w: table_rules.check_second_ids(t["second_coding"], w),
    ),
    (
        "claims",
        "constructs",
        lambda t, w: table_rules.check_claims(t["claims"], w["constructs"]),
    ),
    ("claims", "", lambda t, w: table_rules.check_told_again(t["claims"], w["claims"])),
    (
        "leftovers",
        "effects",
        lambda t, w: repeat_rules.check_leftovers(t["leftovers"], w["effects"]),
    ),
)


def check_rules(
    dictionary: dict[str, Table],
    tables: dict[str, pd.DataFrame],
    whole: dict[str, pd.DataFrame],
    incomplete: set[str],
) -> list[Problem]:
    """Return what breaks a rule.

    Parameters
    ----------
    dictionary : dict of Table
        The tables' descriptions.
    tables : dict of DataFrame
        The rows whose own cells are sound, by table; a table that could not be read is missing,
        and rules that need it are not put.
    whole : dict of DataFrame
        All rows, for rules that ask whether something exists elsewhere.
    incomplete : set of str
        Tables of which a record could not be read: rules that need them would blame other rows.
    """
    problems = [
        problem
        for name, rules in ROW_RULES.items()
        if name in tables
        for rule in rules
        for breach in rule(tables[name])
        for problem in list_problems(dictionary[name], tables[name], breach)
    ]
    for name, (key, owner) in OWNERS.items():
        if name in tables:
            breaches = [*repeat_rules.check_ids(tables[name], key, owner)]
            if name != "effects":
                breaches += repeat_rules.check_statements(tables[name], key)
            for breach in breaches:
                problems.extend(list_problems(dictionary[name], tables[name], breach))
    for name, others, rule in TABLE_RULES:
        if tables.keys() - incomplete >= {name, *others.split()}:
            for breach in rule(tables, whole):
                problems.extend(list_problems(dictionary[name], tables[name], breach))
    return problems

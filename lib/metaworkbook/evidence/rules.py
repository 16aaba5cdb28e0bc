"""Cross-field rules: which rule is put to which table; the rules stand in the two modules below."""

from __future__ import annotations

import pandas as pd

from metaworkbook.errors import Problem
from metaworkbook.evidence import printed_rules, row_rules, table_rules
from metaworkbook.evidence.breaches import list_problems
from metaworkbook.evidence.columns import Table

ROW_RULES = {
    "effects": (
        row_rules.check_statistics,
        row_rules.check_p_values,
        row_rules.check_groups,
        row_rules.check_signs,
        printed_rules.check_printed,
        printed_rules.check_copied_p,
        printed_rules.check_effect_intervals,
    ),
    "shares": (row_rules.check_shares,),
    "reviews": (
        row_rules.check_reviews,
        printed_rules.check_copied_p,
        printed_rules.check_review_intervals,
    ),
    "review_moderators": (row_rules.check_relation,),
}

#: The table judged, the others the rule looks into, and the rule: ``t`` holds the sound rows of
#: each table, ``w`` all rows.
TABLE_RULES = (
    ("effects", "", lambda t, w: table_rules.check_ids(t["effects"], "effect_id", "study_id")),
    ("reviews", "", lambda t, w: table_rules.check_ids(t["reviews"], "review_id", "meta_id")),
    (
        "review_moderators",
        "",
        lambda t, w: table_rules.check_ids(t["review_moderators"], "moderator_id", "meta_id"),
    ),
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
    ("effects", "", lambda t, w: table_rules.check_duplicates(t["effects"], w["effects"])),
    ("reviews", "", lambda t, w: table_rules.check_superseded(t["reviews"], w["reviews"])),
    (
        "review_moderators",
        "reviews leftovers",
        lambda t, w: table_rules.check_moderated(
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
    ("effects", "", lambda t, w: table_rules.check_propositions(t["effects"])),
    ("claims", "", lambda t, w: table_rules.check_propositions(t["claims"])),
    (
        "claims",
        "constructs",
        lambda t, w: table_rules.check_claims(t["claims"], w["constructs"]),
    ),
    ("claims", "", lambda t, w: table_rules.check_told_again(t["claims"], w["claims"])),
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
    for name, others, rule in TABLE_RULES:
        if tables.keys() - incomplete >= {name, *others.split()}:
            for breach in rule(tables, whole):
                problems.extend(list_problems(dictionary[name], tables[name], breach))
    return problems

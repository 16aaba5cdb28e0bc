"""Rules: one planted error each in a sound ledger, and exactly one problem that names it."""

from __future__ import annotations

import pytest

from metaworkbook.errors import LedgerError
from metaworkbook.evidence.ledger import check_ledger, read_ledger
from metaworkbook.evidence.significance_rules import ROUNDING

from .. import ledgers

#: Table, id of the row, the cells changed, then where the problem is, what was found, what is
#: allowed.
PLANTS = {
    # Statistic and value.
    "r without value": (
        "effects", "alm2001-01", {"value": "", "ci_low": "", "ci_high": "", "second_reading":
        "agrees"}, "value", "blank", "a number"),
    "t without value": ("effects", "alm2003-03", {"value": ""}, "value", "blank", "a number"),
    "beta without value": ("effects", "bjork2005-03", {"value": ""}, "value", "blank", "a number"),
    "direction with value": (
        "effects", "bjork2005-01", {"value": "-0.2"}, "value", "-0.2", "blank"),
    "p only with value": ("effects", "bjork2005-02", {"value": "0.2"}, "value", "0.2", "blank"),
    "p only without p": (
        "effects", "bjork2005-02", {"p_reported": ""}, "p_reported", "blank", "p as printed"),
    "r of 1": (
        "effects", "alm2003-03", {"statistic": "r", "value": "-1"}, "value", "-1", "-1 < r < 1"),
    "r above 1": (
        "effects", "alm2003-03", {"statistic": "r", "value": "-30"}, "value", "-30",
        "-1 < r < 1"),
    "odds ratio of zero": (
        "effects", "gran2010-02", {"value": "0", "ci_low": "", "ci_high": ""}, "value", "0",
        "above 0"),
    "negative F": (
        "effects", "hassel2012-01", {"value": "-6.2"}, "value", "-6.2", "at least 0"),
    "share in percent": (
        "effects", "hassel2012-03", {"value": "26"}, "value", "26", "0 to 1"),
    "other without number or words": (
        "effects", "bjork2005-05", {"statistic": "other"}, "detail", "blank", "what was printed"),
    "means without means": (
        "effects", "bjork2005-05", {"statistic": "means"}, "detail", "blank", "the means"),
    "no error df": ("effects", "hassel2012-01", {"df2": "0"}, "df2", "0", "above 0"),
    "error df not of n": ("effects", "hassel2012-01", {"df2": "134"}, "df2", "134", "below n"),
    "F without its df": (
        "effects", "hassel2012-01", {"df1": ""}, "df1", "blank",
        "1, as two variables or two groups give"),
    "F of several df called plain": (
        "effects", "hassel2012-01", {"df1": "3"}, "df1", "3",
        "1, as two variables or two groups give"),
    # p, level, significance.
    "p without relation": (
        "effects", "bjork2005-02", {"p_relation": "", "p_reported": "as told"}, "p_relation",
        "blank",
        "=, < or > with every p_value"),
    "relation without p": (
        "effects", "bjork2005-02", {"p_value": "", "p_reported": "significant"}, "p_relation",
        '"="',
        "=, < or > with every p_value"),
    "p of zero": (
        "effects", "bjork2005-02", {"p_value": "0", "p_reported": ".000"}, "p_value", "0",
        "0 < p <= 1, and < 1 after >"),
    "level of one": (
        "effects", "bjork2005-01", {"level": "1"}, "level", "1", "above 0 and at most 0.2"),
    "p above the level, yet significant": (
        "effects", "bjork2005-02", {"p_value": "0.2", "p_reported": ".2"}, "significance",
        '"significant"', "not_significant"),
    "p below the level, yet not": (
        "effects", "bjork2005-02", {"significance": "not_significant"}, "significance",
        '"not_significant"', "significant"),
    "p below the level, yet not stated": (
        "effects", "bjork2005-02", {"significance": "not_stated"}, "significance",
        '"not_stated"', "significant"),
    "p > .05 is not significant": (
        "effects", "bjork2005-02", {"p_relation": ">", "p_value": "0.05", "p_reported": "p>.05"},
        "significance",
        '"significant"', "not_significant"),
    "no association, yet significant": (
        "effects", "alm2003-02", {"direction": "none", "direction_analysed": "none",
        "significance": "significant"}, "direction", '"none"',
        "negative, positive, mixed, unstated"),
    "p copied wrongly": (
        "effects", "bjork2005-02", {"p_value": "0.002"}, "p_value", "0.002",
        ".02 with = under p_relation, as printed"),
    "p not copied": (
        "effects", "bjork2005-01", {"p_reported": "p < .05"}, "p_value", "blank",
        ".05 with < under p_relation, as printed"),
    "significance not of r and n": (
        "effects", "alm2003-03", {"statistic": "r", "value": "-0.10"}, "significance",
        '"significant"', "not_significant, as p is 0.519 to 0.56 from r and n"),
    "no significance of r and n": (
        "effects", "alm2003-03", {"statistic": "r", "value": "-0.60", "significance":
        "not_significant"}, "significance", '"not_significant"',
        "significant, as p is 3.55e-05 to 5.14e-05 from r and n"),
    "significance not of the interval": (
        "effects", "gran2010-02", {"significance": "significant"}, "significance",
        '"significant"', "not_significant, as the interval says"),
    "no significance of the interval": (
        "effects", "gran2010-02", {"ci_high": "0.8"}, "significance", '"not_significant"',
        "significant, as the interval says"),
    # Groups and intervals.
    "one group without a size": (
        "effects", "bjork2005-05", {"n1": "20"}, "n2", "blank", "a number beside n1"),
    "one mean": (
        "effects", "gran2010-01", {"mean2": ""}, "mean2", "blank", "a number beside mean1"),
    "one SD": ("effects", "gran2010-01", {"sd1": ""}, "sd1", "blank", "a number beside sd2"),
    "SD of zero": ("effects", "gran2010-01", {"sd1": "0"}, "sd1", "0", "above 0"),
    "means against direction": (
        "effects", "gran2010-01", {"mean1": "5.1"}, "direction", '"negative"',
        "the sign of mean1 less mean2"),
    "one end of an interval": (
        "effects", "gran2010-02", {"ci_high": ""}, "ci_high", "blank", "a number beside ci_low"),
    "the other end of an interval": (
        "effects", "gran2010-02", {"ci_low": ""}, "ci_low", "blank", "a number beside ci_high"),
    "n blank beside group sizes": (
        "effects", "gran2010-01", {"n": ""}, "n", "blank", "at least n1 + n2"),
    "groups larger than n": (
        "effects", "gran2010-01", {"n1": "20"}, "n", "30", "at least n1 + n2"),
    "classes without groups": (
        "effects", "bjork2005-01", {"natural_classes": "yes"}, "natural_classes", '"yes"',
        "blank"),
    "sized groups without classes": (
        "effects", "gran2010-01", {"natural_classes": ""}, "natural_classes", "blank", "yes, no"),
    "interval upside down": (
        "effects", "bjork2005-05", {"ci_low": "1.3", "ci_high": "0.2"}, "ci_low",
        "1.3", "at most ci_high"),
    "value outside its interval": (
        "effects", "gran2010-02", {"ci_low": "0.6"}, "value", "0.5", "within ci_low and ci_high"),
    # What r and n imply: z = -.3095 -+ .3222.
    "interval end not of r and n": (
        "effects", "alm2001-01", {"ci_low": "-0.50"}, "ci_low", "-0.5",
        "-0.563 to -0.555 from r and n"),
    "other end not of r and n": (
        "effects", "alm2001-01", {"ci_high": "0.10"}, "ci_high", "0.1",
        "0.007 to 0.018 from r and n"),
    "p not of r and n": (
        "effects", "alm2001-01", {"p_value": "0.15", "p_reported": ".15"}, "p_value", "0.15",
        "0.0557 to 0.0646 from r and n"),
    "p bound not of r and n": (
        "effects", "alm2001-01", {"p_value": "0.05", "p_relation": "<", "p_reported": "<.05",
        "significance": "significant", "ci_low": "", "ci_high": ""}, "p_value", "0.05",
        "0.0557 to 0.0646 from r and n"),
    "lower bound of p not of r and n": (
        "effects", "alm2001-01", {"p_value": "0.2", "p_relation": ">", "p_reported": ">.2"},
        "p_value", "0.2", "0.0557 to 0.0646 from r and n"),
    # What t, F and n imply: t(38), t(58) of two groups, F(1, 98).
    "t whose df are not of n": (
        "effects", "alm2003-03", {"df2": "5"}, "df2", "5", "38, two less than there are"),
    "t whose df are not of both groups": (
        "effects", "bjork2005-04", {"df2": "38"}, "df2", "38", "58, two less than there are"),
    "F whose df are not of n": (
        "effects", "hassel2012-01", {"df2": "89"}, "df2", "89", "98, two less than there are"),
    "t too small for its p": (
        "effects", "alm2003-03", {"value": "-0.3", "p_value": "0.001", "p_relation": "<",
        "p_reported": "<.001"}, "p_value", "0.001", "0.728 to 0.804 from t and n"),
    "t too large for its p": (
        "effects", "alm2003-03", {"value": "-2.5", "p_value": "0.6", "p_relation": "=",
        "p_reported": ".6", "significance": "not_significant"}, "p_value", "0.6",
        "0.0149 to 0.019 from t and n"),
    "F too small for its p": (
        "effects", "hassel2012-01", {"value": "0.2", "p_value": "0.001", "p_relation": "<",
        "p_reported": "<.001"}, "p_value", "0.001", "0.618 to 0.699 from F and n"),
    "t of groups, yet significant": (
        "effects", "bjork2005-04", {"value": "-0.1"}, "significance", '"significant"',
        "not_significant, as p is 0.881 to 0.96 from t and n"),
    "F significant, yet not": (
        "effects", "hassel2012-01", {"significance": "not_significant"}, "significance",
        '"not_significant"', "significant, as p is 0.0141 to 0.0148 from F and n"),
    "p printed as not significant": (
        "effects", "bjork2005-03", {"p_reported": "n.s."}, "significance", '"significant"',
        "not_significant, as p_reported says"),
    "not significant in words": (
        "effects", "bjork2005-03", {"p_reported": "Not significant (two-tailed)"}, "significance",
        '"significant"', "not_significant, as p_reported says"),
    "d without its point": (
        "effects", "bjork2005-04", {"statistic": "d", "value": "-25"}, "value", "-25", "-5 to 5"),
    "confidence for alpha": (
        "effects", "bjork2005-01", {"level": ".95"}, "level", "0.95", "above 0 and at most 0.2"),
    "interval of a ratio below 0": (
        "effects", "gran2010-02", {"ci_low": "-0.2"}, "ci_low", "-0.2", "at least 0"),
    "interval of r beyond 1": (
        "effects", "bjork2005-03", {"statistic": "r", "value": "-0.9", "ci_low": "-1.6",
        "ci_high": "-0.1"}, "ci_low", "-1.6", "-1 to 1"),
    "number without its sign": (
        "effects", "alm2003-03", {"direction": "unstated", "direction_analysed": "unstated"},
        "direction", '"unstated"', "negative"),
    "number called none": (
        "effects", "bjork2005-03", {"direction": "none", "direction_analysed": "none",
        "significance": "not_significant"}, "direction", '"none"', "negative"),
    "related to itself": (
        "effects", "bjork2005-01", {"x": "alliance_total"}, "y", '"alliance_total"',
        "another construct than x"),
    "more pairs than persons": (
        "effects", "bjork2005-01", {"n": "6000", "n_unit": "dyads"}, "n", "6000",
        "at most 60, the n of its sample"),
    "women as a share": (
        "studies", "bjork2005", {"pct_female": ".75"}, "pct_female", "0.75", "0, or 1 to 100"),
    "number without its number": (
        "effects", "bjork2005-05", {"effect_id": "bjork2005-4"}, "effect_id", '"bjork2005-4"',
        "a number that no earlier row of bjork2005 has"),
    "duplicate of another question": (
        "effects", "alm2003-01", {"y": "outcome_symptoms"}, "duplicate_of", '"alm2001-02"',
        "a row whose x and y are of the same families as here"),
    # Signs and polarity.
    "sign against direction": (
        "effects", "alm2003-03", {"value": "2.5"}, "direction", '"negative"',
        "the sign of the printed number"),
    "ratio against direction": (
        "effects", "gran2010-02", {"value": "1.1"}, "direction", '"negative"',
        "the sign of the printed number"),
    "direction against sign": (
        "effects", "alm2003-03", {"direction": "positive", "direction_analysed": "positive"},
        "direction", '"positive"', "the sign of the printed number"),
    "not turned": (
        "effects", "bjork2005-02", {"direction_analysed": "positive"}, "direction_analysed",
        '"positive"', "negative, the stated direction under the polarity of x and y"),
    "turned without reason": (
        "effects", "bjork2005-01", {"direction_analysed": "positive"}, "direction_analysed",
        '"positive"', "negative, the stated direction under the polarity of x and y"),
    "turned twice": (
        "effects", "bjork2005-02", {"x_scored_as": "reversed"}, "direction_analysed",
        '"negative"', "positive, the stated direction under the polarity of x and y"),
    # Samples and duplicates.
    "n of another sample": (
        "effects", "bjork2005-01", {"n": "59"}, "n", "59", "60, the n of its sample"),
    "n of a part without a note": (
        "effects", "alm2003-02", {"n_note": ""}, "n", "38", "40, the n of its sample"),
    "sample with a report too many": (
        "samples", "bjork", {"reports": "bjork2005 gran2010"}, "reports",
        '"bjork2005 gran2010"', "bjork2005"),
    "sample with a report too few": (
        "samples", "alm", {"reports": "alm2001"}, "reports", '"alm2001"', "alm2001 alm2003"),
    "overlap told once": (
        "studies", "bjork2005", {"same_sample_as": "gran2010"}, "same_sample_as", '"gran2010"',
        "study ids that name this study in turn"),
    "overlap with nobody": (
        "studies", "bjork2005", {"same_sample_as": "nobody1999"}, "same_sample_as",
        '"nobody1999"', "study ids that name this study in turn"),
    "duplicate of nothing": (
        "effects", "alm2003-01", {"duplicate_of": "alm2001-77"}, "duplicate_of",
        '"alm2001-77"', "another row of the sample alm that is itself no duplicate"),
    "duplicate of itself": (
        "effects", "alm2003-01", {"duplicate_of": "alm2003-01"}, "duplicate_of",
        '"alm2003-01"', "another row of the sample alm that is itself no duplicate"),
    "duplicate of a duplicate": (
        "effects", "alm2003-03", {"duplicate_of": "alm2003-01"}, "duplicate_of",
        '"alm2003-01"', "another row of the sample alm that is itself no duplicate"),
    "duplicate in another sample": (
        "effects", "alm2003-01", {"duplicate_of": "bjork2005-01"}, "duplicate_of",
        '"bjork2005-01"', "another row of the sample alm that is itself no duplicate"),
    "id of another study": (
        "effects", "hassel2012-05", {"effect_id": "gran2010-05"}, "effect_id", '"gran2010-05"',
        "hassel2012, a hyphen and a number"),
    # Foreign keys.
    "unknown study": (
        "claims", "alm2001-claim", {"claim_id": "alm1999-claim", "study_id": "alm1999"},
        "study_id", '"alm1999"',
        "an id of effects/studies.csv"),
    "unknown construct": (
        "effects", "bjork2005-01", {"y": "rapport"}, "y", '"rapport"',
        "an id of effects/constructs.csv"),
    "share of no effect": (
        "shares", "hassel2012-03", {"effect_id": "hassel2012-33"}, "effect_id",
        '"hassel2012-33"', "an id of effects/effects.csv"),
    "review of an unknown construct": (
        "reviews", "pool2020-01", {"x": "avoidance"}, "x", '"avoidance"',
        "an id of effects/constructs.csv"),
    "claim about an unknown construct": (
        "claims", "alm2001-claim", {"y": "alliance_total rapport"}, "y",
        '"alliance_total rapport"',
        "constructs of effects/constructs.csv separated by spaces, or blank"),
    "unknown proposition": (
        "effects", "bjork2005-01", {"proposition": "P1 P16"}, "proposition", '"P1 P16"',
        "P1 to P15 separated by spaces"),
    "claim on an unknown proposition": (
        "claims", "alm2001-claim", {"proposition": "P0"}, "proposition", '"P0"',
        "P1 to P15 separated by spaces"),
    "claim of another study told again": (
        "claims", "gran2010-09", {"same_as": "alm2001-claim"}, "same_as", '"alm2001-claim"',
        "an earlier claim of the same study that tells no other again, or blank"),
    "claim that tells itself again": (
        "claims", "gran2010-09", {"same_as": "gran2010-09"}, "same_as", '"gran2010-09"',
        "an earlier claim of the same study that tells no other again, or blank"),
    # The second reading.
    "second reading stale": (
        "effects", "alm2001-01", {"second_reading": "n"}, "second_reading", '"n"', "agrees"),
    "second reading missing": (
        "effects", "alm2001-02", {"second_reading": ""}, "second_reading", "blank",
        "direction n"),
    "second reading made up": (
        "effects", "bjork2005-01", {"second_reading": "agrees"}, "second_reading", '"agrees"',
        "blank"),
    "second reading changed": (
        "second_coding", "alm2001-01", {"n": "41"}, "second_reading", '"agrees"', "n"),
    "second reading lost": (
        "second_coding", "alm2003-02", {"found": "yes", "direction": "unstated"},
        "second_reading", '"not_found"', "agrees"),
    "second reading of nothing": (
        "second_coding", "gran2010-09", {"effect_id": "gran2010-90"}, "effect_id",
        '"gran2010-90"',
        "an id of effects.csv, claims.csv, leftovers.csv, or raw_effect_ids of reviews.csv"),
    # Shares.
    "share not of its count": (
        "shares", "hassel2012-03", {"share": "0.28"}, "share", "0.28",
        "count / n within rounding"),
    "share of no class": (
        "shares", "hassel2012-03", {"attachment_class": "alliance_total"}, "attachment_class",
        '"alliance_total"', "a construct of the family client_attachment"),
    "count without n": (
        "shares", "hassel2012-03", {"n": ""}, "n", "blank", "a number beside count"),
    "share of nothing": (
        "shares", "hassel2012-03", {"count": "", "share": "", "n": ""}, "share", "blank",
        "a share, or a count with its n"),
    # Claims, constructs and leftovers.
    "claimed r above 1": (
        "claims", "gran2010-09", {"statistic": "r", "value": "7"}, "value", "7", "-1 < r < 1"),
    "claimed number against direction": (
        "claims", "alm2001-claim", {"statistic": "r", "value": "0.7"}, "direction", '"negative"',
        "the sign of the claimed number"),
    "claim of nobody": (
        "claims", "gran2010-09", {"n": "-5"}, "n", '"-5"', "a whole number, at least 1, or blank"),
    "claim about another study": (
        "claims", "gran2010-09", {"study_id": "bjork2005"}, "claim_id", '"gran2010-09"',
        "bjork2005, a hyphen and a number"),
    "name of another construct": (
        "constructs", "dismissing", {"name_en": "Attachment  Avoidance"}, "name_en",
        '"Attachment  Avoidance"', "a name that no other construct has"),
    "leftover that is an effect": (
        "leftovers", "hassel2012-09", {"raw_id": "hassel2012-01"}, "raw_id", '"hassel2012-01"',
        "an id that no row of effects.csv has"),
    # Reviews and their moderators.
    "more studies than persons": (
        "reviews", "pool2020-01", {"k": "3158"}, "k", "3158", "at most n_total"),
    "df of Q not of k": ("reviews", "pool2020-01", {"Q_df": "190"}, "Q_df", "190", "below k"),
    "I2 as a share": ("reviews", "pool2020-01", {"I2": ".23"}, "I2", "0.23", "0, or 1 to 100"),
    "I2 not of Q": (
        "reviews", "pool2020-01", {"Q": "24.7", "Q_df": "19", "I2": "92.3"}, "I2", "92.3",
        "23.1 from Q and Q_df"),
    "confidence of a coin": (
        "reviews", "pool2020-01", {"ci_level": ".05"}, "ci_level", "0.05",
        "above 0.5 and below 1"),
    "confidence of nothing": (
        "reviews", "pool2020-01", {"ci_level": "0", "se": ".03"}, "ci_level", "0",
        "above 0.5 and below 1"),
    "certainty": (
        "reviews", "pool2020-01", {"ci_level": "1", "se": ".03"}, "ci_level", "1",
        "above 0.5 and below 1"),
    "standard error not of the interval": (
        "reviews", "pool2020-01", {"se": ".305", "p_value": "",
        "p_relation": "", "p_reported": ""}, "se", "0.305",
        "0.0263 to 0.0338 from the interval"),
    "p not of the standard error": (
        "reviews", "old2010-01", {"se": ".04", "p_value": ".9", "p_relation": "=", "p_reported":
        ".9"}, "p_value", "0.9", "4.37e-07 to 0.067 from the estimate and its standard error"),
    "review p of zero": (
        "reviews", "pool2020-02", {"p_value": "0", "p_relation": "=", "p_reported": ".000"},
        "p_value", "0", "0 < p <= 1, and < 1 after >"),
    "pooled ratio of zero": (
        "reviews", "pool2020-02", {"statistic": "OR", "estimate": "-2"}, "estimate", "-2",
        "above 0"),
    "pooled ratio against direction": (
        "reviews", "pool2020-02", {"statistic": "OR", "estimate": ".2"}, "direction",
        '"positive"', "the sign of the printed number"),
    "pooled share in percent": (
        "reviews", "pool2020-02", {"statistic": "proportion", "estimate": "23"}, "estimate",
        "23", "0 to 1"),
    "pooled g without its point": (
        "reviews", "pool2020-02", {"statistic": "g", "estimate": "71"}, "estimate", "71",
        "-5 to 5"),
    "review of itself": (
        "reviews", "pool2020-02", {"x": "outcome_symptoms"}, "y", '"outcome_symptoms"',
        "another construct than x"),
    "review of two years": (
        "reviews", "pool2020-02", {"year": "1999"}, "year", "1999", "2020, as in its first row"),
    "review of two DOIs": (
        "reviews", "pool2020-02", {"doi": "10.1234/other"}, "doi", '"10.1234/other"',
        "blank, as in its first row"),
    "review of two authors": (
        "reviews", "pool2020-02", {"citation": "Sea (2020)"}, "citation", '"Sea (2020)"',
        "Pool (2020), as in its first row"),
    "superseded by another question": (
        "reviews", "old2010-01", {"superseded_by": "pool2020-02"}, "superseded_by",
        '"pool2020-02"', "a review whose x and y are of the same families as here"),
    "raw row of nothing": (
        "reviews", "pool2020-01", {"raw_effect_ids": "pool2020-91 nowhere2000-01"},
        "raw_effect_ids", '"pool2020-91 nowhere2000-01"', "ids of a study or review of this "
        "ledger"),
    "moderator p not of Q": (
        "review_moderators", "pool2020-m01", {"p_value": ".06"}, "p_value", "0.06",
        "0.0469 to 0.0497 from q and df"),
    "negative Q": (
        "review_moderators", "pool2020-m01", {"q": "-3.9"}, "q", "-3.9", "at least 0"),
    "negative df": ("review_moderators", "pool2020-m01", {"df": "-1"}, "df", "-1", "above 0"),
    "moderator of large p": (
        "review_moderators", "pool2020-m02", {"p_value": ".1", "p_relation": ">", "result_kind":
        "significant"}, "result_kind", '"significant"', "not_significant"),
    "pooled r of 1": (
        "reviews", "old2010-01", {"estimate": "-1.7"}, "estimate", "-1.7", "-1 < r < 1"),
    "statement with a number": (
        "reviews", "old2010-01", {"statistic": "direction_only"}, "estimate", "-0.17", "blank"),
    "estimate outside its interval": (
        "reviews", "pool2020-01", {"estimate": "-0.41"}, "estimate", "-0.41",
        "within ci_low and ci_high"),
    "pooled interval upside down": (
        "reviews", "pool2020-01", {"ci_low": "-0.08", "ci_high": "-0.20"}, "ci_low", "-0.08",
        "at most ci_high"),
    "estimate against direction": (
        "reviews", "old2010-01", {"estimate": "0.17"}, "direction", '"negative"',
        "the sign of the printed number"),
    "review not turned": (
        "reviews", "pool2020-02", {"direction_analysed": "positive"}, "direction_analysed",
        '"positive"', "negative, the stated direction under the polarity of x and y"),
    "review p without relation": (
        "reviews", "pool2020-01", {"p_relation": "", "p_reported": "told"}, "p_relation", "blank",
        "=, < or > with every p_value"),
    "persons without relation": (
        "reviews", "pool2020-01", {"n_relation": ""}, "n_relation", "blank",
        "=, <, > or ~ with every n_total"),
    "review p copied wrongly": (
        "reviews", "pool2020-01", {"p_value": "0.01"}, "p_value", "0.01",
        ".001 with < under p_relation, as printed"),
    "review p not of the interval": (
        "reviews", "pool2020-01", {"ci_high": "0.08"}, "p_value", "0.001",
        "above .05, as the interval says"),
    "review interval not of its p": (
        "reviews", "pool2020-01", {"p_value": "0.3", "p_reported": ".3", "p_relation": "="},
        "p_value", "0.3", "below .05, as the interval says"),
    "one end of a pooled interval": (
        "reviews", "pool2020-01", {"ci_low": ""}, "ci_low", "blank", "a number beside ci_high"),
    "review of an unknown class": (
        "reviews", "pool2020-02", {"attachment_class": "dismisive"}, "attachment_class",
        '"dismisive"', "an id of effects/constructs.csv"),
    "raw rows that are no ids": (
        "reviews", "pool2020-02", {"raw_effect_ids": "raw2020-01, raw2020-02"},
        "raw_effect_ids", '"raw2020-01, raw2020-02"',
        'text like "levy2011-01 levy2011-05" (First-recorded result rows that say the same), '
        "or blank"),
    "superseded by nothing": (
        "reviews", "old2010-01", {"superseded_by": "new2030-01"}, "superseded_by",
        '"new2030-01"', "a review_id of this table that this row does not supersede in turn"),
    "superseded by itself": (
        "reviews", "old2010-01", {"superseded_by": "old2010-01"}, "superseded_by",
        '"old2010-01"', "a review_id of this table that this row does not supersede in turn"),
    "review id of another review": (
        "reviews", "pool2020-02", {"meta_id": "other2020"}, "review_id", '"pool2020-02"',
        "other2020, a hyphen and a number"),
    "moderator id of another review": (
        "review_moderators", "pool2020-m02", {"meta_id": "old2010"}, "moderator_id",
        '"pool2020-m02"', "old2010, a hyphen and a number"),
    "moderator of an unknown review": (
        "review_moderators", "pool2020-m02", {"moderator_id": "poll2020-m02", "meta_id":
        "poll2020"}, "meta_id", '"poll2020"',
        "a meta_id of effects/reviews.csv, or of a review in effects/leftovers.csv"),
    "moderator p without relation": (
        "review_moderators", "pool2020-m01", {"p_relation": ""}, "p_relation", "blank",
        "=, < or > with every p_value"),
}  # fmt: skip
#: Where the problem shows in another row than the one changed.
ELSEWHERE = {
    "second reading changed": ("effects", "alm2001-01"),
    "second reading lost": ("effects", "alm2003-02"),
}


def found_in(path):
    """Return the problems of a ledger, each with a remedy that ends as a sentence."""
    problems = check_ledger(path)
    for problem in problems:
        assert problem.remedy.endswith(".")
        assert problem.allowed
        assert problem.found
    return problems


def test_untouched_ledger_is_sound(folder):
    assert check_ledger(folder) == []
    assert set(read_ledger(folder).tables) == set(ledgers.DICTIONARY)


def test_real_ledger_is_sound():
    assert check_ledger(ledgers.REAL) == []


@pytest.mark.parametrize("name", PLANTS)
def test_one_planted_error_is_one_problem(tmp_path, tables, name):
    table, key, cells, column, found, allowed = PLANTS[name]
    line = ledgers.line_of(tables, table, key)
    ledgers.find(tables, table, key).update(cells)
    file, shown = ELSEWHERE.get(name, (table, cells.get(next(iter(tables[table][0])), key)))
    if name in ELSEWHERE:
        line = ledgers.line_of(tables, file, shown)
    (problem,) = found_in(ledgers.write(tmp_path / "effects", tables))
    assert (problem.file, problem.row, problem.key) == (f"effects/{file}.csv", line, shown)
    assert (problem.column, problem.found, problem.allowed) == (column, found, allowed)


def test_message_is_one_line_and_a_count(tmp_path, tables):
    ledgers.find(tables, "effects", "bjork2005-01")["n"] = "59"
    with pytest.raises(LedgerError) as caught:
        read_ledger(ledgers.write(tmp_path / "effects", tables))
    assert str(caught.value) == (
        "effects/effects.csv, row 7 (bjork2005-01), n: found 59; "
        "allowed: 60, the n of its sample. "
        "Correct it, or say under n_note why this result rests on another number.\n"
        "1 problem found."
    )


@pytest.mark.parametrize(
    ("key", "cells"),
    [
        ("alm2001-01", {"ci_low": "-0.50", "oddity": "printed so"}),
        ("alm2001-01", {"p_value": "0.15", "p_reported": ".15", "oddity": "printed so"}),
        ("alm2001-01", {"ci_low": "-0.50", "contrast": "adjusted"}),
        ("alm2003-03", {"value": "2.5", "oddity": "t printed without its sign"}),
        ("gran2010-02", {"ci_low": "0.6", "oddity": "printed so"}),
        ("gran2010-02", {"ci_low": "1.3", "ci_high": "0.2", "oddity": "printed so"}),
        ("bjork2005-02", {"p_value": "0.2", "oddity": "printed so"}),
        ("bjork2005-02", {"p_value": "0.2", "p_relation": "<", "p_reported": "p < .2"}),
        ("bjork2005-02", {"p_value": "0.2", "p_reported": "0.20", "level": "0.2"}),
        ("bjork2005-02", {"p_reported": "p ≤ .02", "p_relation": "<"}),
        ("bjork2005-02", {"p_value": "0.001", "p_relation": "<", "p_reported": ".000"}),
        ("gran2010-01", {"mean1": "5.1", "oddity": "higher = worse"}),
        ("gran2010-02", {"ci_high": "", "oddity": "one end printed"}),
        ("gran2010-02", {"significance": "significant", "level": "0.2"}),
        ("hassel2012-01", {"df2": "134", "oddity": "printed so"}),
        ("hassel2012-01", {"df1": "3", "contrast": "omnibus"}),
        ("bjork2005-01", {"n": "59", "n_note": "one left"}),
        ("bjork2005-01", {"n": "7", "n_unit": "therapists"}),
        ("bjork2005-01", {"n": ""}),
        ("hassel2012-01", {"direction": "unstated", "direction_analysed": "unstated"}),
    ],
)
def test_what_is_told_or_no_error_passes(tmp_path, tables, key, cells):
    ledgers.find(tables, "effects", key).update(cells)
    assert found_in(ledgers.write(tmp_path / "effects", tables)) == []


@pytest.mark.parametrize("r", [-0.97, -0.3, -0.01])
@pytest.mark.parametrize("n", [5, 40, 60])
def test_printed_interval_and_p_pass_whatever_is_rounded(tmp_path, tables, r, n):
    from numpy import arctanh, sqrt, tanh
    from scipy.stats import t

    # The printed r is rounded by as much as two decimals allow, and so is what was made of it.
    ledgers.find(tables, "samples", "alm")["n"] = ""
    for true in (r - 0.99 * ROUNDING, r + 0.99 * ROUNDING):
        if true <= -1:
            continue
        half = 1.959964 / sqrt(n - 3)
        p = 2 * t.sf(abs(true) * sqrt((n - 2) / (1 - true**2)), n - 2)
        ledgers.find(tables, "effects", "alm2001-01").update(
            n=f"{n}", value=f"{r}", ci_low=f"{tanh(arctanh(true) - half):.2f}",
            ci_high=f"{tanh(arctanh(true) + half):.2f}", p_value=f"{max(p, 0.001):.3f}",
            p_relation="=" if p > 0.001 else "<",
            p_reported=f"{'' if p > 0.001 else '<'}{max(p, 0.001):.3f}",
            significance="significant" if round(p, 3) <= 0.05 else "not_significant",
            second_reading="n value" if n != 40 and r != -0.3 else "n" if n != 40 else
            "value" if r != -0.3 else "agrees",
        )  # fmt: skip
        assert found_in(ledgers.write(tmp_path / "effects", tables)) == []


def test_same_result_under_a_new_id(tmp_path, tables):
    again = ledgers.find(tables, "effects", "bjork2005-01") | {"effect_id": "bjork2005-06"}
    tables["effects"].append(again)
    (problem,) = found_in(ledgers.write(tmp_path / "effects", tables))
    assert (problem.row, problem.key) == (len(tables["effects"]) + 1, "bjork2005-06")
    assert (problem.column, problem.allowed) == ("effect_id", "one row a result")
    again["duplicate_of"] = "bjork2005-01"
    assert found_in(ledgers.write(tmp_path / "effects", tables)) == []


def test_a_claim_told_again_stands_after_the_first(tmp_path, tables):
    first = ledgers.find(tables, "claims", "alm2001-claim")
    again = first | {"claim_id": "alm2001-09", "same_as": "alm2001-claim"}
    tables["claims"].append(again)
    assert found_in(ledgers.write(tmp_path / "effects", tables)) == []
    tables["claims"] = [again, *tables["claims"][:-1]]
    (problem,) = found_in(ledgers.write(tmp_path / "effects", tables))
    assert (problem.key, problem.column) == ("alm2001-09", "same_as")


def test_a_review_among_the_studies_has_the_doi_it_was_read_under(tmp_path, tables):
    study = tables["studies"][-1] | {"study_id": "pool2020", "kind": "meta_analysis"}
    tables["studies"].append(study)
    for key in ("pool2020-01", "pool2020-02"):
        ledgers.find(tables, "reviews", key)["doi"] = "10.1234/pool"
    for doi, found in (("", "blank"), ("10.1234/other", '"10.1234/other"')):
        study["doi"] = doi
        (problem,) = found_in(ledgers.write(tmp_path / "effects", tables))
        assert (problem.key, problem.column, problem.found) == ("pool2020", "doi", found)
        assert problem.allowed == "10.1234/pool, as effects/reviews.csv has it"
    study["doi"] = "10.1234/pool"
    assert found_in(ledgers.write(tmp_path / "effects", tables)) == []
    study |= {"kind": "journal_article", "doi": "10.1234/other"}
    assert found_in(ledgers.write(tmp_path / "effects", tables)) == []


def test_same_result_in_other_words(tmp_path, tables):
    again = {"effect_id": "bjork2005-06", "summary": "The same, told otherwise."}
    tables["effects"].append(ledgers.find(tables, "effects", "bjork2005-01") | again)
    (problem,) = found_in(ledgers.write(tmp_path / "effects", tables))
    assert (problem.key, problem.allowed) == ("bjork2005-06", "one row a result")


def test_two_reports_of_one_doi(tmp_path, tables):
    """A DOI belongs to one report; where it is two, they say that they overlap."""
    ledgers.find(tables, "studies", "hassel2012")["doi"] = "10.1234/ALM.2001"
    problems = found_in(ledgers.write(tmp_path / "effects", tables))
    assert [(p.key, p.column, p.allowed) for p in problems] == [
        ("alm2001", "doi", "another than that of hassel2012"),
        ("hassel2012", "doi", "another than that of alm2001"),
    ]
    ledgers.find(tables, "studies", "hassel2012")["doi"] = ""
    ledgers.find(tables, "studies", "alm2003")["doi"] = "10.1234/ALM.2001"
    assert found_in(ledgers.write(tmp_path / "overlap", tables)) == []


def test_number_superseded_by_a_mere_statement(tmp_path, tables):
    ledgers.find(tables, "reviews", "pool2020-01")["estimate"] = ""
    (problem,) = found_in(ledgers.write(tmp_path / "effects", tables))
    assert (problem.key, problem.column) == ("old2010-01", "superseded_by")
    assert problem.allowed == "a review that prints an estimate, since this one does"


def test_overlapping_reports_in_different_samples(tmp_path, tables):
    """The same people under two sample ids would count twice."""
    for row in tables["effects"]:
        if row["study_id"] == "alm2003":
            row["sample_id"], row["duplicate_of"] = "eik", ""
    ledgers.find(tables, "samples", "alm")["reports"] = "alm2001"
    tables["samples"].append({**tables["samples"][0], "sample_id": "eik", "reports": "alm2003"})
    problems = found_in(ledgers.write(tmp_path / "effects", tables))
    assert {problem.key for problem in problems} == {"alm2001", "alm2003"}
    for problem in problems:
        assert problem.column == "same_sample_as"
        assert problem.allowed == "studies whose rows share a sample_id with this one"


def test_count_above_n(tmp_path, tables):
    tables["shares"][2].update(count="201", n="200", share="1")
    ledgers.find(tables, "effects", "hassel2012-03").update(n="200", n_note="with the untreated")
    (problem,) = found_in(ledgers.write(tmp_path / "effects", tables))
    assert (problem.row, problem.key, problem.column) == (4, "hassel2012-03", "count")
    assert (problem.found, problem.allowed) == ("201", "at most n")


def test_class_given_twice(tmp_path, tables):
    tables["shares"].append(tables["shares"][2] | {"share": "0.10"})
    (problem,) = found_in(ledgers.write(tmp_path / "effects", tables))
    assert problem.column == "attachment_class"
    assert (problem.row, problem.found) == (5, '"dismissing"')


def test_shares_of_a_system_above_one(tmp_path, tables):
    tables["shares"][0].update(count="36", share="0.36")
    problems = found_in(ledgers.write(tmp_path / "effects", tables))
    assert [(p.row, p.column, p.found) for p in problems] == [
        (2, "share", "0.36"),
        (3, "share", "0.7"),
    ]
    assert {p.allowed for p in problems} == {"shares that sum to at most 1"}


def test_reviews_that_supersede_each_other(tmp_path, tables):
    ledgers.find(tables, "reviews", "pool2020-01")["superseded_by"] = "old2010-01"
    problems = found_in(ledgers.write(tmp_path / "effects", tables))
    assert [(p.key, p.column) for p in problems] == [
        ("pool2020-01", "superseded_by"),
        ("old2010-01", "superseded_by"),
    ]


def test_all_problems_of_every_table_at_once(tmp_path, tables):
    planted = {}
    for table, key, cells, column, *_ in PLANTS.values():
        if table not in planted:
            ledgers.find(tables, table, key).update(cells)
            planted[table] = column
    ledgers.find(tables, "constructs", "class_distribution")["name_nb"] = ""
    tables["leftovers"].append(tables["leftovers"][0] | {"raw_id": "x", "raw_table": "shelf"})
    places = {(p.file, p.column) for p in found_in(ledgers.write(tmp_path / "effects", tables))}
    elsewhere = {("effects/effects.csv", "second_reading")}
    planted.pop("second_coding")
    assert places >= elsewhere | {
        (f"effects/{table}.csv", column) for table, column in planted.items()
    }
    assert {("effects/constructs.csv", "name_nb"), ("effects/leftovers.csv", "raw_table")} <= places
    assert {table for table, *_ in PLANTS.values()} == set(tables)


def test_problems_come_in_the_order_of_place(tmp_path, tables):
    for key in ("hassel2012-01", "alm2003-03"):
        ledgers.find(tables, "effects", key)["confidence"] = "sure"
    ledgers.find(tables, "claims", "gran2010-09")["direction"] = "up"
    problems = check_ledger(ledgers.write(tmp_path / "effects", tables))
    assert [(p.file, p.row) for p in problems] == [
        ("effects/claims.csv", 3),
        ("effects/effects.csv", 6),
        ("effects/effects.csv", 14),
    ]


def test_row_with_a_bad_cell_is_reported_once(tmp_path, tables):
    """An unreadable value is not reported as missing as well."""
    ledgers.find(tables, "effects", "alm2001-01")["value"] = "-,30"
    (problem,) = found_in(ledgers.write(tmp_path / "effects", tables))
    assert (problem.column, problem.found) == ("value", '"-,30"')


def test_second_reading_with_a_bad_cell_does_not_blame_the_first(tmp_path, tables):
    ledgers.find(tables, "second_coding", "alm2001-01")["n"] = "forty"
    (problem,) = found_in(ledgers.write(tmp_path / "effects", tables))
    assert problem.file == "effects/second_coding.csv"


def test_row_with_a_bad_cell_still_names_other_rows(tmp_path, tables):
    """All problems at once: the sample that nobody uses any longer is not blamed for it."""
    cells = {"phase": "erly", "x": "zzz", "sample_id": "nope"}
    ledgers.find(tables, "effects", "bjork2005-01").update(cells)
    for row in tables["effects"]:
        if row["sample_id"] == "bjork":
            row["sample_id"] = "nope"
    problems = found_in(ledgers.write(tmp_path / "effects", tables))
    assert {p.file for p in problems} == {"effects/effects.csv"}
    found = [(p.column, p.found) for p in problems if p.key == "bjork2005-01"]
    assert found == [("phase", '"erly"'), ("sample_id", '"nope"'), ("x", '"zzz"')]


def test_bad_cell_that_names_nothing_is_reported_once(tmp_path, tables):
    ledgers.find(tables, "effects", "bjork2005-01")["x"] = "dismissing "
    (problem,) = found_in(ledgers.write(tmp_path / "effects", tables))
    assert problem.remedy.startswith("Delete the space")


def places(problems):
    return [(p.file.split("/")[1], p.row, p.column, p.found) for p in problems]


def test_shares_of_no_descriptive_row(tmp_path, tables):
    ledgers.find(tables, "effects", "hassel2012-03")["contrast"] = "unclear"
    problems = found_in(ledgers.write(tmp_path / "effects", tables))
    found = '"hassel2012-03"'
    assert places(problems) == [("shares.csv", row, "effect_id", found) for row in (2, 3, 4)]
    assert {p.allowed for p in problems} == {"a row whose contrast is descriptive"}


def test_shares_of_more_persons_than_their_row(tmp_path, tables):
    ledgers.find(tables, "effects", "hassel2012-03").update(n="90", n_note="ten left")
    problems = found_in(ledgers.write(tmp_path / "effects", tables))
    assert places(problems) == [("shares.csv", row, "n", "100") for row in (2, 3)]
    assert {p.allowed for p in problems} == {"at most 90, the n of its row of effects.csv"}


def test_shares_of_one_system_and_different_persons(tmp_path, tables):
    tables["shares"][0].update(n="90", count="20", share=".22")
    (problem,) = found_in(ledgers.write(tmp_path / "effects", tables))
    assert places([problem]) == [("shares.csv", 3, "n", "100")]
    assert problem.allowed == "90, as in the first class of this row and system"


@pytest.mark.parametrize(
    ("column", "one", "other"),
    [
        ("x_as_written", "évitement", "e\u0301vitement"),
        ("x_as_written", "Avoidance", "avoidance"),
        ("y_measure", "WAI client", "WAI  client"),
        ("detail", "（a）", "(a)"),
    ],
)
def test_same_result_in_other_letters(tmp_path, tables, column, one, other):
    row = ledgers.find(tables, "effects", "bjork2005-01")
    row[column] = one
    tables["effects"].append(row | {"effect_id": "bjork2005-06", column: other})
    (problem,) = found_in(ledgers.write(tmp_path / "effects", tables))
    assert (problem.key, problem.allowed) == ("bjork2005-06", "one row a result")
    tables["effects"][-1][column] = "of another kind"
    assert found_in(ledgers.write(tmp_path / "other", tables)) == []


@pytest.mark.parametrize(
    ("table", "key", "again"),
    [
        ("reviews", "pool2020-01", "pool2020-03"),
        ("review_moderators", "pool2020-m01", "pool2020-m09"),
        ("claims", "gran2010-09", "gran2010-10"),
    ],
)
def test_same_statement_under_a_new_id(tmp_path, tables, table, key, again):
    row = ledgers.find(tables, table, key)
    tables[table].append(row | {next(iter(row)): again, ledgers.columns_of(table)[-1]: "anew"})
    (problem,) = found_in(ledgers.write(tmp_path / "effects", tables))
    assert (problem.key, problem.allowed) == (again, "one row a statement")


def test_one_doi_of_two_reviews(tmp_path, tables):
    ledgers.find(tables, "reviews", "old2010-01")["doi"] = "10.1234/pool"
    for key in ("pool2020-01", "pool2020-02"):
        ledgers.find(tables, "reviews", key)["doi"] = "10.1234/POOL"
    (problem,) = found_in(ledgers.write(tmp_path / "effects", tables))
    assert (problem.key, problem.column) == ("old2010-01", "doi")
    assert problem.allowed == "another than that of pool2020"


@pytest.mark.parametrize(
    ("table", "key", "cells"),
    [
        ("effects", "alm2003-03", {"df2": "5", "oddity": "df of Welch"}),
        ("effects", "alm2003-03", {"df2": "38", "p_value": ".017", "p_relation": "=",
                                   "p_reported": ".017"}),
        ("effects", "alm2003-03", {"value": "-9", "significance": "not_significant", "contrast":
                                   "adjusted"}),
        ("effects", "bjork2005-04", {"df2": "58"}),
        ("effects", "bjork2005-04", {"df2": "41.3", "oddity": "df of Welch"}),
        ("effects", "bjork2005-04", {"statistic": "d", "value": "-25", "oddity": "so printed"}),
        ("effects", "bjork2005-01", {"level": ".3", "oddity": "tested at .3"}),
        ("effects", "bjork2005-03", {"p_reported": "ns", "oddity": "the table says p < .05"}),
        ("effects", "alm2003-03", {"direction": "unstated", "direction_analysed": "unstated",
                                   "oddity": "order of the subtraction not stated"}),
        ("effects", "bjork2005-03", {"direction": "mixed", "direction_analysed": "mixed",
                                     "contrast": "interaction"}),
        ("effects", "bjork2005-01", {"x": "alliance_total", "measure_family": "", "x_informant":
                                     "self", "y_rater": "therapist"}),
        ("effects", "bjork2005-01", {"n": "6000", "n_unit": "dyads", "n_note": "all pairs"}),
        ("effects", "bjork2005-01", {"n": "6000", "n_unit": "sessions"}),
        ("effects", "alm2003-01", {"y": "outcome_symptoms", "oddity": "another name for it"}),
        ("effects", "gran2010-02", {"ci_low": "-0.2", "oddity": "so printed"}),
        ("studies", "bjork2005", {"pct_female": "0"}),
        ("reviews", "pool2020-01", {"se": ".03", "I2": "23.1", "Q": "24.7", "Q_df": "19"}),
        ("reviews", "pool2020-01", {"I2": "60", "Q": "24.7", "Q_df": "19", "oddity":
                                    "made from tau2"}),
        ("reviews", "pool2020-01", {"k": "3158", "interval_note": "k counts results"}),
        ("reviews", "pool2020-01", {"ci_level": ".9"}),
        ("reviews", "old2010-01", {"se": ".1", "p_value": ".09", "p_relation": "=", "p_reported":
                                   ".09"}),
        ("reviews", "pool2020-02", {"x": "outcome_symptoms", "rater": "mixed"}),
        ("review_moderators", "pool2020-m02", {"p_value": ".1", "p_relation": ">"}),
        ("claims", "gran2010-09", {"statistic": "r", "value": "0"}),
    ],
)  # fmt: skip
def test_what_is_told_in_any_table_passes(tmp_path, tables, table, key, cells):
    ledgers.find(tables, table, key).update(cells)
    assert found_in(ledgers.write(tmp_path / "effects", tables)) == []

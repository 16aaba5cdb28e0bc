"""Moderators: whether the effect depends on what differs between studies.

`meta_regression` fits a whole design matrix. `code_categorical` builds the design from a
moderator's levels with a stated reference, `subgroups` estimates every level from one model and
tests their difference, `predict` gives means at named moderator values, and `permutation_test`
replaces the reference distribution by rearrangements of the data.
"""

from __future__ import annotations

from metaworkbook.models.categories import code_categorical, subgroups
from metaworkbook.models.permutations import permutation_test
from metaworkbook.models.predictions import predict
from metaworkbook.models.regression import meta_regression

__all__ = ["code_categorical", "meta_regression", "permutation_test", "predict", "subgroups"]

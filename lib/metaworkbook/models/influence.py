"""Which effects carry the result: case diagnostics by leaving each effect out."""

from __future__ import annotations

from typing import Any

import numpy as np

from metaworkbook.models.arrays import check_choice, check_effects
from metaworkbook.models.heterogeneity import METHODS
from metaworkbook.models.subsets import Fits, refit
from metaworkbook.results.sensitivity import Influence


def influence(yi: Any, vi: Any, method: str = "REML") -> Influence:
    """Compute the case diagnostics of Viechtbauer and Cheung (2010) for a pooled mean.

    Write mu, V, tau2 for the estimate, its variance and the heterogeneity with all effects,
    mu_i, V_i, tau2_i without effect i, h_i for its hat value, and all tests z-based.

    | field | definition |
    |---|---|
    | rstudent | (y_i - mu_i) / sqrt(v_i + tau2_i + V_i) |
    | dffits | (mu - mu_i) / sqrt(h_i (v_i + tau2_i)) |
    | cook_d | (mu - mu_i)^2 / V |
    | cov_r | V_i / V |
    | tau2_del, qe_del | tau2_i and Q without effect i |
    | hat, weight | w_i / sum(w), w = 1 / (v + tau2); the two agree without moderators |
    | dfbetas | (mu - mu_i) sqrt(sum 1 / (v + tau2_i)), summed over all effects |

    Parameters
    ----------
    yi : array_like, shape (k,)
        Effects on the analysis scale, at least two.
    vi : array_like, shape (k,)
        Sampling variances.
    method : str
        Estimator of tau2: FE, DL, HE, HS, SJ, ML, REML, EB or PM.

    Returns
    -------
    Influence
        Arrays of shape (k,); ``weight`` and ``hat`` are proportions. ``influential`` marks effects
        with abs(dffits) > 3 / sqrt(k - 1), a Cook's distance above the median of chi-squared on
        one degree of freedom, hat > 3 / k or abs(dfbetas) > 1.

    Raises
    ------
    InputError
        For unusable effects or variances, fewer than two effects, or an unknown method.
    ConvergenceError
        If tau2 does not converge.

    Notes
    -----
    Limiting cases: identical effects have rstudent, dffits, cook_d and dfbetas of 0. With two
    effects each is judged by the other alone.

    By hand (FE): y = (0, 2), v = (1, 1) give mu = 1, mu_i = (2, 0), V = 1/2, V_i = 1, hence
    rstudent = (-2, 2) / sqrt(2), cook_d = 1 / (1/2) = 2, cov_r = 2, hat = 1/2.
    """
    effects, variances = check_effects(yi, vi, minimum=2)
    check_choice("method", method, METHODS)
    full, without = leave_out_fits(effects, variances, method)
    moved = full.estimate - without.estimate
    weights = 1 / (variances + full.tau2)
    hat = weights / weights.sum()
    deleted = variances + without.tau2
    rstudent = (effects - without.estimate) / np.sqrt(deleted + without.variance)
    dffits = moved / np.sqrt(hat * deleted)
    cook_d = moved**2 / full.variance
    information = (1 / (variances + without.tau2[:, None])).sum(axis=1)
    dfbetas = moved * np.sqrt(information)

    from scipy.special import chdtr

    k = effects.size
    influential = (
        (np.abs(dffits) > 3 / np.sqrt(k - 1))
        | (chdtr(1, cook_d) > 0.5)
        | (hat > 3 / k)
        | (np.abs(dfbetas) > 1)
    )
    return Influence(
        rstudent=rstudent,
        dffits=dffits,
        cook_d=cook_d,
        cov_r=without.variance / full.variance,
        tau2_del=without.tau2,
        qe_del=without.q,
        hat=hat,
        weight=hat,
        dfbetas=dfbetas,
        influential=influential,
    )


def leave_out_fits(yi: np.ndarray, vi: np.ndarray, method: str) -> tuple[Fits, Fits]:
    """Return the fit of all effects, arrays of shape (1,), and those without each, shape (k,)."""
    everyone = np.ones((1, yi.size), dtype=bool)
    return refit(yi, vi, everyone, method), refit(yi, vi, ~np.eye(yi.size, dtype=bool), method)

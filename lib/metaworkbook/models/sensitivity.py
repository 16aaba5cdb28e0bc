"""How a pooled result hangs on single effects, on their order, and on which are included.

`influence` (case diagnostics) and `gosh` (subsets) live in modules of their own and are offered
here. All fits are z-based; every function works on all its fits at once.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from metaworkbook.models.arrays import check_choice, check_effects, check_level
from metaworkbook.models.gosh import gosh
from metaworkbook.models.heterogeneity import METHODS
from metaworkbook.models.influence import influence, leave_out_fits
from metaworkbook.models.subsets import Fits, refit
from metaworkbook.results.sensitivity import Baujat, Cumulative, LeaveOneOut, Shrunken

__all__ = ["baujat", "cumulative", "gosh", "influence", "leave_one_out", "shrunken"]


def leave_one_out(yi: Any, vi: Any, method: str = "REML", level: float = 0.95) -> LeaveOneOut:
    """Pool without each effect in turn.

    Parameters
    ----------
    yi : array_like, shape (k,)
        Effects on the analysis scale, at least two.
    vi : array_like, shape (k,)
        Sampling variances.
    method : str
        Estimator of tau2: FE, DL, HE, HS, SJ, ML, REML, EB or PM.
    level : float
        Confidence level.

    Returns
    -------
    LeaveOneOut
        Element i of each array of shape (k,) is the Wald fit without effect i: ``estimate``,
        ``se``, ``ci_low``, ``ci_high``, ``tau2``, ``q`` (on k - 2 degrees of freedom), ``i2``.

    Raises
    ------
    InputError
        For unusable effects or variances, fewer than two effects, an unknown method or level.
    ConvergenceError
        If tau2 does not converge.

    Notes
    -----
    Limiting case: of two effects each stands alone, with its own variance and tau2 of 0.
    """
    effects, variances = check_effects(yi, vi, minimum=2)
    check_choice("method", method, METHODS)
    reach = _normal_reach(level)
    fits = leave_out_fits(effects, variances, method)[1]
    se = np.sqrt(fits.variance)
    return LeaveOneOut(
        estimate=fits.estimate,
        se=se,
        ci_low=fits.estimate - reach * se,
        ci_high=fits.estimate + reach * se,
        tau2=fits.tau2,
        q=fits.q,
        i2=fits.i2,
    )


def cumulative(yi: Any, vi: Any, method: str = "REML", level: float = 0.95) -> Cumulative:
    """Pool the first effect, the first two, and so on, in the order given (Lau et al. 1992).

    Parameters
    ----------
    yi : array_like, shape (k,)
        Effects in the order in which evidence came in (sort them by year beforehand).
    vi : array_like, shape (k,)
        Sampling variances.
    method : str
        Estimator of tau2: FE, DL, HE, HS, SJ, ML, REML, EB or PM.
    level : float
        Confidence level.

    Returns
    -------
    Cumulative
        Element i of each array of shape (k,) is the Wald fit of effects 0 to i.

    Raises
    ------
    InputError
        For unusable effects or variances, an unknown method or level.
    ConvergenceError
        If tau2 does not converge.

    Notes
    -----
    Limiting cases: the first element is the first effect alone, tau2 of 0; the last is the pooled
    estimate of all.
    """
    effects, variances = check_effects(yi, vi)
    check_choice("method", method, METHODS)
    reach = _normal_reach(level)
    fits = refit(effects, variances, np.tri(effects.size, dtype=bool), method)
    se = np.sqrt(fits.variance)
    return Cumulative(
        estimate=fits.estimate,
        se=se,
        ci_low=fits.estimate - reach * se,
        ci_high=fits.estimate + reach * se,
        tau2=fits.tau2,
    )


def baujat(yi: Any, vi: Any, method: str = "FE") -> Baujat:
    """Set each effect's share of the heterogeneity against its pull on the estimate.

    Parameters
    ----------
    yi : array_like, shape (k,)
        Effects on the analysis scale, at least two.
    vi : array_like, shape (k,)
        Sampling variances.
    method : str
        FE, as Baujat et al. (2002) define the plot, or another estimator of tau2, as metafor
        generalises it.

    Returns
    -------
    Baujat
        ``x`` = (y_i - mu)^2 / (v_i + tau2): for FE effect i's part of Q, so that they add up to
        it; else the squared Pearson residual. ``y`` = (mu - mu_i)^2 / V_i: the squared move of the
        estimate when effect i leaves, in units of the variance without it.

    Raises
    ------
    InputError
        For unusable effects or variances, fewer than two effects, or an unknown method.
    ConvergenceError
        If tau2 does not converge.

    Notes
    -----
    Limiting case: identical effects lie at (0, 0).
    By hand: y = (0, 2), v = (1, 1) give mu = 1, so x = (1, 1) and y = (2 - 1)^2 / 1 = 1 for both.
    """
    effects, variances = check_effects(yi, vi, minimum=2)
    check_choice("method", method, METHODS)
    full, without = leave_out_fits(effects, variances, method)
    return Baujat(
        x=(effects - full.estimate) ** 2 / (variances + full.tau2),
        y=(full.estimate - without.estimate) ** 2 / without.variance,
    )


def shrunken(yi: Any, vi: Any, method: str = "REML", level: float = 0.95) -> Shrunken:
    """Predict each study's true effect: the best linear unbiased prediction.

    With s_i = tau2 / (tau2 + v_i), pred_i = s_i y_i + (1 - s_i) mu, and its squared standard error
    is s_i v_i + (1 - s_i)^2 V, V the variance of mu (Raudenbush and Bryk 1985; tau2 as if known).

    Parameters
    ----------
    yi : array_like, shape (k,)
        Effects on the analysis scale.
    vi : array_like, shape (k,)
        Sampling variances.
    method : str
        Estimator of tau2: FE, DL, HE, HS, SJ, ML, REML, EB or PM.
    level : float
        Level of the prediction interval (normal).

    Returns
    -------
    Shrunken
        ``pred``, ``se``, ``pi_low``, ``pi_high``, arrays of shape (k,).

    Raises
    ------
    InputError
        For unusable effects or variances, an unknown method or level.
    ConvergenceError
        If tau2 does not converge.

    Notes
    -----
    Limiting cases: tau2 = 0 (always for FE or one effect) predicts the pooled mean for everyone,
    with its standard error; a very large tau2 leaves every effect as it is.
    """
    effects, variances = check_effects(yi, vi)
    check_choice("method", method, METHODS)
    reach = _normal_reach(level)
    fit: Fits = refit(effects, variances, np.ones((1, effects.size), dtype=bool), method)
    share = fit.tau2 / (fit.tau2 + variances)
    pred = share * effects + (1 - share) * fit.estimate
    se = np.sqrt(share * variances + (1 - share) ** 2 * fit.variance)
    return Shrunken(pred=pred, se=se, pi_low=pred - reach * se, pi_high=pred + reach * se)


def _normal_reach(level: float) -> float:
    """Return how many standard errors a two-sided normal interval reaches."""
    from scipy.special import ndtri

    return float(ndtri((1 + check_level(level)) / 2))

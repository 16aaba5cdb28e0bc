"""PyMARE, the independent second engine: the only module that imports it.

Every option is passed explicitly, as PyMARE's defaults have changed between releases. Its ML and
REML minimise a likelihood by its values, which fixes tau2 to about the square root of the machine
precision; the package's own solvers find the root of the score, and PyMARE checks them.
"""

from __future__ import annotations

import warnings

import numpy as np

#: Methods whose tau2 PyMARE estimates itself.
METHODS = ("FE", "DL", "HE", "ML", "REML")


def fit(
    yi: np.ndarray,
    vi: np.ndarray,
    X: np.ndarray,
    method: str,
    ci: str,
    tau2: float | None = None,
) -> tuple[np.ndarray, np.ndarray, float]:
    """Fit a meta-regression with PyMARE.

    Parameters
    ----------
    yi, vi : ndarray, shape (k,)
        Effects and sampling variances.
    X : ndarray, shape (k, p)
        Whole design matrix.
    method : str
        One of `METHODS`; any other needs ``tau2``.
    ci : str
        "wald", "knapp-hartung" or "knapp-hartung-conservative": PyMARE uses the same words.
    tau2 : float, optional
        Heterogeneity variance to take as known.

    Returns
    -------
    tuple
        Estimates and standard errors of shape (p,), and tau2.
    """
    with warnings.catch_warnings():
        # PyMARE leaves a file of its own to the garbage collector while it is imported.
        warnings.simplefilter("ignore", ResourceWarning)
        from pymare import estimators

    options = {"weight_scheme": "individual", "rho": None, "small_sample_correction": ci}
    if tau2 is not None or method == "FE":
        estimator = estimators.WeightedLeastSquares(tau2=tau2 or 0.0, **options)
    elif method == "DL":
        estimator = estimators.DerSimonianLaird(**options)
    elif method == "HE":
        estimator = estimators.Hedges(**options)
    else:
        estimator = estimators.VarianceBasedLikelihoodEstimator(
            method=method, xtol=1e-12, ftol=0.0, maxiter=200, **options
        )
    estimator.fit(y=yi[:, None], v=vi[:, None], X=X)
    found = estimator.params_
    covariance = np.asarray(found["inv_cov"], dtype=float).reshape(X.shape[1], X.shape[1])
    return (
        np.asarray(found["fe_params"], dtype=float).reshape(-1),
        np.sqrt(np.diag(covariance)),
        float(np.asarray(found["tau2"]).reshape(-1)[0]),
    )


def stouffer(z: np.ndarray, weights: np.ndarray) -> float:
    """Return the combined z of independent one-sided z with PyMARE: sum(w z) / sqrt(sum(w^2)).

    Parameters
    ----------
    z : ndarray, shape (k,)
        Signed standard normal scores.
    weights : ndarray, shape (k,)
        Positive weights.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        from pymare import estimators

    estimator = estimators.StoufferCombinationTest(mode="directed", group_level=False)
    estimator.fit(z=z[:, None], w=weights[:, None], g=None, corr=None)
    return float(np.asarray(estimator.params_["z"]).reshape(-1)[0])

"""Graphical display of study heterogeneity (GOSH): the model on all, or very many, subsets."""

from __future__ import annotations

from typing import Any

import numpy as np

from metaworkbook.errors import InputError
from metaworkbook.models.arrays import check_choice, check_effects, check_whole
from metaworkbook.models.heterogeneity import METHODS
from metaworkbook.models.subsets import refit_many
from metaworkbook.results.sensitivity import Gosh

#: Numbers held in one array of a block: a handful of them fits the processor's cache, and matrix
#: products stay below the size from which BLAS spreads them over threads, a loss for thin ones.
BLOCK = 3 << 14
#: Bits of one word of a subset's code.
WORD = 64
#: Draw at random and drop repeats while at most one subset in this many is asked for;
#: beyond it repeats would be frequent, and shuffling all codes is quicker.
SPARSE = 4
#: Most subsets of one call, a few gigabytes of results.
MOST = 100_000_000


def gosh(yi: Any, vi: Any, subsets: int, method: str = "REML", seed: int = 1) -> Gosh:
    """Fit the random-effects model on subsets of the effects (Olkin, Dahabreh and Trikalinos 2012).

    Parameters
    ----------
    yi : array_like, shape (k,)
        Effects on the analysis scale, at least two.
    vi : array_like, shape (k,)
        Sampling variances.
    subsets : int
        How many subsets. There are 2^k - k - 1 of two effects or more: if that is no more than
        asked for, all are fitted, each once. Otherwise ``subsets`` different ones are drawn, each
        equally likely.
    method : str
        Estimator of tau2: FE, DL, HE, HS, SJ, ML, REML, EB or PM.
    seed : int
        Seed of the draw; the same seed gives the same subsets. Without effect where all are fitted.

    Returns
    -------
    Gosh
        ``estimate``, ``tau2``, ``i2`` and ``k``, arrays of shape (subsets,). All subsets stand in
        the order of counting in binary, the first effect being the lowest digit; drawn ones in
        the order of drawing. ``contains(effect)`` tells which subsets include an effect.

    Raises
    ------
    InputError
        For unusable effects or variances, fewer than two effects, an unknown method, or more than
        100 million subsets to fit.
    ConvergenceError
        If tau2 of a subset does not converge.

    Notes
    -----
    Memory: about 50 bytes a subset beside blocks of a few megabytes. Limiting case: two effects
    have one subset, the whole. Effects that are identical give the same estimate and tau2 of 0
    in every subset.
    """
    effects, variances = check_effects(yi, vi, minimum=2)
    check_choice("method", method, METHODS)
    subsets = check_whole("subsets", subsets, minimum=1)
    codes = draw_subsets(effects.size, subsets, check_whole("seed", seed, minimum=0))
    estimate, tau2, i2 = (np.empty(len(codes)) for _ in range(3))
    k = np.empty(len(codes), dtype=np.int64)
    step = max(1, BLOCK // effects.size)
    for start in range(0, len(codes), step):
        rows = slice(start, start + step)
        fits = refit_many(effects, variances, unpack(codes[rows], effects.size), method)
        estimate[rows], tau2[rows], i2[rows], k[rows] = fits.estimate, fits.tau2, fits.i2, fits.k
    return Gosh(estimate=estimate, tau2=tau2, i2=i2, k=k, codes=codes)


def draw_subsets(k: int, subsets: int, seed: int) -> np.ndarray:
    """Return the codes of all subsets of two effects or more, or of ``subsets`` drawn ones.

    Returns
    -------
    ndarray of uint64, shape (min(subsets, 2^k - k - 1), words)
        Bit i of a row (bit i modulo 64 of word i // 64) is set where the subset has effect i.
    """
    possible = 2**k - k - 1
    if min(possible, subsets) > MOST:
        raise InputError(
            f"subsets: found {subsets}; allowed: at most {MOST}. A million show the picture."
        )
    if possible <= SPARSE * subsets:
        codes = np.arange(1 << k, dtype=np.uint64)[:, None]
        codes = codes[np.bitwise_count(codes[:, 0]) >= 2]
        if possible <= subsets:
            return codes
        chosen = np.random.default_rng(seed).choice(possible, subsets, replace=False)
        return codes[chosen]
    generator = np.random.default_rng(seed)
    words = -(-k // WORD)
    limits = [2**WORD] * (words - 1) + [2 ** (k - WORD * (words - 1))]
    found = np.empty((0, words), dtype=np.uint64)
    while len(found) < subsets:
        missing = subsets - len(found)
        drawn = [
            generator.integers(0, limit - 1, missing + 64, dtype=np.uint64, endpoint=True)
            for limit in limits
        ]
        found = _distinct(np.concatenate([found, np.stack(drawn, axis=1)]))[:subsets]
    return found


def unpack(codes: np.ndarray, k: int) -> np.ndarray:
    """Return membership as zeros and ones, shape (rows, k), of codes from `draw_subsets`."""
    octets = codes.astype("<u8").view(np.uint8).reshape(len(codes), -1)
    return np.unpackbits(octets, axis=1, count=k, bitorder="little")


def _distinct(codes: np.ndarray) -> np.ndarray:
    """Return codes of two effects or more, first occurrences in the order given."""
    codes = codes[np.bitwise_count(codes).sum(axis=1) >= 2]
    if codes.shape[1] == 1:
        first = np.unique(codes[:, 0], return_index=True)[1]
    else:
        first = np.unique(codes, axis=0, return_index=True)[1]
    first.sort()
    return codes[first]

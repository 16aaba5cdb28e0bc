"""Absolute tolerances by kind of quantity, on the analysis scale, each with its reason."""

#: Closed forms (FE, DL, HE, HS, SJ, Q, aggregates, Egger lm, Begg): the same arithmetic in another
#: order, on numbers stored with 15 digits.
CLOSED_FORM = 1e-10

#: Numbers above 1 are stored with 15 significant digits, so a Q of 60,000 is known to 1e-10 at
#: best: this share of the number is added to CLOSED_FORM for unbounded statistics.
STORED_DIGITS = 1e-14

#: Iterative tau2 (ML, REML, EB, PM) and what hangs on it: the reference stops at steps of 1e-12,
#: which with linear convergence leaves up to about 1e-9.
ITERATIVE = 1e-7

#: Ends of the Q-profile interval and of I2: the reference's root finder.
PROFILE = 1e-5

#: Variance components of three-level and CHE models and CR2: the reference's optimiser works on
#: several parameters and stops at about 1e-5.
MULTILEVEL = 1e-5

#: Selection model estimate and tau2: a flat likelihood, found by different optimisers.
SELECTION = 1e-3

#: A log-likelihood may be below the reference's by no more than this; above it is a better optimum.
LOG_LIKELIHOOD = 1e-3

#: Trim-and-fill estimate, after an exactly equal k0.
TRIM_AND_FILL = 1e-7

#: Influence measures: quotients of small differences between refits.
INFLUENCE = 1e-6

#: Two numerical methods for one number inside this package, both converged to 1e-12.
TWO_ENGINES = 1e-9

#: Identities that hold in exact arithmetic (order of rows, sign, scale) and here up to rounding.
ROUNDING = 1e-11

#: One result on all supported versions of Python and its libraries, which round differently; rows
#: in another order round differently, too, and stand in for them.
VERSIONS = 1e-12

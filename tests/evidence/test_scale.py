"""Scale: a hundred thousand effects of twenty thousand samples are read, converted and pooled."""

from __future__ import annotations

import numpy as np
import pytest

from metaworkbook.evidence.ledger import check_ledger, read_ledger
from metaworkbook.evidence.selection import select
from metaworkbook.models.multilevel import aggregate, three_level
from metaworkbook.models.pooling import pool

from .. import crowds

#: Values are printed with four decimals; a t of 300 persons loses less than an r does.
PRINTED = 1e-4
#: Five standard errors: chance alone fails here once in a million.
CHANCE = 5


def judge(folder, effects):
    """Read, convert and pool a crowd; every number is checked against what it was made of."""
    r = crowds.write(folder, effects)
    found = select(read_ledger(folder), **crowds.ASKED)
    assert len(found.rows) == effects
    assert found.left_out.empty
    rows = found.rows.sort_index()
    exact = np.arange(effects) % crowds.EACH
    exact = np.isin(exact, (0, 1, 3))
    assert (rows["known"] == "exact").tolist() == exact.tolist()
    np.testing.assert_allclose(rows.loc[exact, "ri"], r[exact], atol=PRINTED)
    bounded = rows[~exact]
    inside = (bounded["lower"] <= r[~exact]) & (r[~exact] <= bounded["upper"])
    # At the edge of significance the rule of the row (|t| > 2) and the exact one differ.
    assert inside.mean() > 0.98
    values = found.exact()
    composite = aggregate(**values, rho=0.6)
    assert composite.yi.size == effects // crowds.EACH
    for result in (pool(composite.yi, composite.vi), three_level(**values)):
        assert abs(result.estimate - crowds.MEAN) < CHANCE * result.se


def plant(folder, effects):
    """Break one cell in the middle; it is reported at its place, and nothing else is."""
    file = folder / "effects.csv"
    lines = file.read_text(encoding="utf-8").splitlines()
    line = effects // 2
    lines[line - 1] = lines[line - 1].replace("bivariate", "bivariat")
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    (problem,) = check_ledger(folder)
    assert (problem.row, problem.column, problem.found) == (line, "contrast", '"bivariat"')


def test_a_crowd(tmp_path):
    judge(tmp_path / "crowd", 1000)
    plant(tmp_path / "crowd", 1000)


@pytest.mark.slow
def test_a_hundred_thousand_effects(tmp_path):
    judge(tmp_path / "crowd", 100_000)
    plant(tmp_path / "crowd", 100_000)

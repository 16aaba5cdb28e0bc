"""Ledgers of any size, made up: five results a sample, of which three carry a coefficient."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from . import ledgers

EACH = 5
#: Mean and spread of the true correlations, on the scale of Fisher z.
MEAN, TAU = -0.15, 0.1
PHASES = ("early", "middle", "late", "post", "follow_up")
ASKED = {"x": "attachment_avoidance", "y": "alliance"}


def write(folder: Path, effects: int) -> np.ndarray:
    """Write a sound ledger; return the correlation behind each row, before it is rounded."""
    generator = np.random.default_rng(effects)
    samples = effects // EACH
    n = generator.integers(30, 300, samples)
    z = generator.normal(MEAN, TAU, samples)[:, np.newaxis]
    r = np.tanh(z + generator.normal(size=(samples, EACH)) / np.sqrt(n - 3)[:, np.newaxis])
    tables: ledgers.Tables = {name: [] for name in ledgers.DICTIONARY}
    tables["constructs"] = ledgers.make_tables()["constructs"]
    for number in range(samples):
        study, year = f"crowd{number}x{2000 + number % 25}", str(2000 + number % 25)
        told = {"study_id": study, "citation": f"Author {number} ({year})", "year": year}
        tables["studies"].append(ledgers.STUDY | told)
        sample = {"sample_id": study[:-4], "n": str(n[number]), "reports": study}
        tables["samples"].append(sample)
        tables["effects"] += [
            ledgers.make_effect(f"{study}-{i + 1:02d}", **tell(i, r[number, i], n[number]))
            for i in range(EACH)
        ]
    for name in ("studies", "samples", "effects"):
        blank = dict.fromkeys(ledgers.columns_of(name), "")
        tables[name] = [blank | row for row in tables[name]]
    ledgers.write(folder, tables)
    return r.ravel()


def tell(place: int, r: float, n: int) -> dict[str, str]:
    """Return the cells of a sample's row: r, r, a significance, t, a bare direction."""
    t = r * np.sqrt((n - 2) / (1 - r**2))
    notable = "significant" if abs(t) > 2 else "not_significant"
    kinds = (
        {"statistic": "r", "value": f"{r:.4f}"},
        {"statistic": "r", "value": f"{r:.4f}"},
        {"significance": notable},
        {"statistic": "t", "value": f"{t:.4f}"},
        {},
    )
    return {
        "n": str(n), "phase": PHASES[place], "summary": "Made up.",
        "direction": "negative" if r < 0 else "positive",
    } | kinds[place]  # fmt: skip

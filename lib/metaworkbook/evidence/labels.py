"""Names of samples as a reader knows them: by the first report of their people."""

from __future__ import annotations

from metaworkbook.evidence.selection import Selection


def list_undated(selection: Selection) -> tuple[str, ...]:
    """Return the samples whose first row has no year; in order of publication they are last."""
    first = selection.rows.drop_duplicates("sample_id")
    return tuple(first["sample_id"][first["year"].isna()])


def label_samples(selection: Selection) -> dict[str, str]:
    """Return the citation of each sample's first row, by sample id, in order of publication.

    Two samples of one citation are told apart by their ids.
    """
    first = selection.rows.drop_duplicates("sample_id")
    labels = dict(zip(first["sample_id"], first["citation"], strict=True))
    shared = first["citation"][first["citation"].duplicated(keep=False)].unique()
    return {
        sample: f"{label} [{sample}]" if label in shared else label
        for sample, label in labels.items()
    }

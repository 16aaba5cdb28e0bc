"""Meta-analysis workbook: avoidant attachment, the therapeutic alliance and therapy outcome.

A tour of the house. Data flows one way, and imports follow it:

``effects/*.csv`` -> `evidence` -> `models` -> results -> `reporting` -> page

- `evidence` reads the ledger by its data dictionary, validates it, converts each reported
  statistic to a correlation where that is exact, gives every row its tier, and selects the rows
  of one question with a reason for each row that stays out.
- `models` takes arrays and returns results: pooling, multilevel models, moderators, small-study
  checks, sensitivity, and the model for censored rows ("significantly negative, N = 100").
- `reporting` turns results into figures, tables and sentences. It never fits anything.
- `publishing` runs the notebooks with papermill and renders the site.
- `errors`, `paths` and `results` are the ground floor that every wing stands on.

Arrays go into a model and a frozen dataclass of `metaworkbook.results` comes out, so every
number of a page can be followed back to a row of ``effects/``.
"""

__version__ = "0.1.0"

"""The evidence: the ledger in ``effects/``, how its rows convert, and which rows a question takes.

`dictionary` reads the data dictionary, `ledger` reads and validates the tables by it and by the
cross-field rules of `rules`, `conversions` brings reported statistics to correlations, `tiers`
says what each row is worth, and `selection` takes the rows of one question.
"""

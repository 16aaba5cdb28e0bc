"""Imported before anything of Jupyter: spares every command more than a second.

``rfc3987_syntax`` builds grammars when it is imported, and Jupyter imports it to check a kind of
address that no notebook holds. Where the name is blocked, Jupyter does without.
"""

import sys

sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

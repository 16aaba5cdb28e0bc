"""Publishing: runs the notebooks and builds the site, whole or not at all.

`pages` reads the page list, `source` knows a notebook's canonical form, `parameters` what it
takes and `lints` the house rules. `runner` has pages run by the `nursery`, one process a page,
through one of the `engines`. `keys` says what a page depends on, `swap` keeps the site whole,
`build` puts all of it together, `manifest` lists what came out, `compare` what moved.
"""

import sys

# Jupyter checks with this library a kind of address that no notebook holds, and does without where
# there is none. Its import builds grammars for seconds: told here, before any module below.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

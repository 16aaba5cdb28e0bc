"""Says whether a file of an installed package is gone from this environment."""

import sys
from importlib.metadata import distributions

damaged = {
    distribution.name
    for distribution in distributions()
    for file in distribution.files or ()
    # Python makes its caches again by itself.
    if file.suffix != ".pyc" and not file.locate().exists()
}
if damaged:
    sys.exit(f"setup: the environment is damaged, it lacks files of {', '.join(sorted(damaged))}")

"""Hand-made cases for every static family."""

from tests.scoring.catalogue import issues, localize, markers, patches

CASES = [*localize.CASES, *markers.CASES, *issues.CASES, *patches.CASES]

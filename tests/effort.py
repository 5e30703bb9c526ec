"""How many examples properties are tried on: HGEN_EXAMPLES times the usual ones, and new ones, for a long look."""

import os

from hypothesis import HealthCheck, settings

LONG_LOOK = "HGEN_EXAMPLES" in os.environ


def examples(usual: int) -> settings:
    """Settings for a property that is tried on so many examples by default."""
    times = int(os.environ.get("HGEN_EXAMPLES", "1"))
    return settings(max_examples=usual * times, deadline=None, suppress_health_check=list(HealthCheck))

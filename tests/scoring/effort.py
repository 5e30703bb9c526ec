"""How many examples the properties of scoring are tried on: HGEN_EXAMPLES times the usual ones, for a long look."""

import os

from hypothesis import HealthCheck, settings


def examples(usual: int) -> settings:
    """Settings for a property that is tried on so many examples by default."""
    times = int(os.environ.get("HGEN_EXAMPLES", "1"))
    return settings(max_examples=usual * times, deadline=None, suppress_health_check=list(HealthCheck))

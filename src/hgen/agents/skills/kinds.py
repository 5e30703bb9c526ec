"""The skills and their components."""

from dataclasses import dataclass

SKILLS = ("exploration", "reasoning", "implementation", "execution", "verification")
"""The five of the paper: looking at what is there; thinking without acting; changing code; running what neither looks
nor checks; checking what was done."""

COMPONENTS = {
    "list": "exploration",
    "search": "exploration",
    "follow": "exploration",
    "read": "exploration",
    "history": "exploration",
    "think": "reasoning",
    "create": "implementation",
    "edit": "implementation",
    "undo": "implementation",
    "install": "execution",
    "run": "execution",
    "submit": "execution",
    "reproduce": "verification",
    "run tests": "verification",
    "write test": "verification",
    "inspect": "verification",
    "lint": "verification",
}
"""The skill that each component is of, in the order in which tables show them."""

PAPER = {"exploration": 0.491, "reasoning": 0.060, "implementation": 0.127, "execution": 0.047, "verification": 0.276}
"""The shares on SWE-bench in the paper (arXiv 2602.16819, Figure 1)."""


@dataclass(frozen=True)
class Use:
    """What one action is."""

    component: str
    fake: str = ""
    """Why it verifies nothing, if it only looks like verification."""

    @property
    def skill(self) -> str:
        """The skill that it uses."""
        return COMPONENTS[self.component]

"""Three modes choose sensible sets of models, in the words that this field's tools share."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mode:
    """A choice of networks."""

    estimator: str
    variant: str
    lifter: str
    summary: str


MODES: dict[str, Mode] = {
    "lightweight": Mode("blazepose", "lite", "blazepose", "fastest: BlazePose lite"),
    "balanced": Mode("blazepose", "full", "blazepose", "the default: BlazePose full"),
    "performance": Mode("blazepose", "heavy", "blazepose", "most exact and slowest: BlazePose heavy"),
}

"""Claims put to the test, and a choice under constraints."""

from harness.decision.claims import Claim, ClaimVerdict, evaluate_claims
from harness.decision.claimsfile import load_claims
from harness.decision.constraints import Needs, Situation, load_needs
from harness.decision.decide import Decision, decide, recommendation
from harness.decision.flags import with_flags
from harness.decision.judged import Check, Constraint
from harness.decision.prior import Measured, Prior, measured, prior
from harness.decision.recommend import DEFAULT_CONSTRAINTS, Recommendation

__all__ = [
    "DEFAULT_CONSTRAINTS",
    "Check",
    "Claim",
    "ClaimVerdict",
    "Constraint",
    "Decision",
    "Measured",
    "Needs",
    "Prior",
    "Recommendation",
    "Situation",
    "decide",
    "evaluate_claims",
    "load_claims",
    "load_needs",
    "measured",
    "prior",
    "recommendation",
    "with_flags",
]

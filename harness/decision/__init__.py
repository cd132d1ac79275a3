"""Claims put to the test, and a choice under constraints."""

from harness.decision.claims import Claim, ClaimVerdict, evaluate_claims
from harness.decision.claimsfile import load_claims
from harness.decision.judged import Check, Constraint
from harness.decision.recommend import DEFAULT_CONSTRAINTS, Recommendation, recommend

__all__ = [
    "DEFAULT_CONSTRAINTS",
    "Check",
    "Claim",
    "ClaimVerdict",
    "Constraint",
    "Recommendation",
    "evaluate_claims",
    "load_claims",
    "recommend",
]

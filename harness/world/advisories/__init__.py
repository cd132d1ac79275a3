"""The advisories suite's world: exploited vulnerabilities, a triage policy, texts and questions."""

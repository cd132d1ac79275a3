"""What a head of security may expect of each system on the advisories suite, as sentences.

The bounds fit the shipped lab model; raise them when it gets better.
"""


def test_the_hybrid_keeps_the_format_of_98_in_100_answers(harness_results, harness_gate) -> None:
    harness_gate.at_least(harness_results["hybrid"], "schema_valid_rate", 0.98)


def test_an_enforced_format_is_always_kept(harness_results, harness_gate) -> None:
    for system in harness_results.systems:
        if system.name.endswith("-constrained"):
            harness_gate.at_least(system, "schema_valid_rate", 0.98)


def test_the_hybrid_writes_more_right_answers_than_retrieval_alone(
    harness_results, harness_gate
) -> None:
    harness_gate.not_less(harness_results, "rag", "hybrid", "right_rate")


def test_the_hybrid_writes_more_right_answers_than_weights_alone(
    harness_results, harness_gate
) -> None:
    harness_gate.not_less(harness_results, "fine-tuned", "hybrid", "right_rate")


def test_the_hybrid_follows_the_policy_in_force_more_often_than_weights(
    harness_results, harness_gate
) -> None:
    harness_gate.not_more(harness_results, "fine-tuned", "hybrid", "stale_rate")


def test_no_system_knows_the_future(harness_results, harness_gate) -> None:
    for system in harness_results.systems:
        harness_gate.at_most(system, "premature_rate", 0.05)


def test_no_system_fails_to_answer(harness_results, harness_gate) -> None:
    for system in harness_results.systems:
        harness_gate.at_most(system, "failed_rate", 0.03)

"""What a product owner may expect of each system on the releases suite, as sentences.

Gates that are one figure against a bound stand in `suite.toml`. The bounds fit the shipped lab model; raise
them when it gets better.
"""


def test_the_base_model_does_not_invent_values_it_cannot_know(
    harness_results, harness_gate
) -> None:
    harness_gate.at_most(harness_results["base"], "wrong_rate", 0.05)


def test_the_hybrid_is_at_most_as_stale_as_retrieval_alone(harness_results, harness_gate) -> None:
    harness_gate.not_more(harness_results, "rag", "hybrid", "stale_rate", margin=0.02)


def test_the_hybrid_is_right_about_as_often_as_retrieval_alone(
    harness_results, harness_gate
) -> None:
    harness_gate.not_less(harness_results, "rag", "hybrid", "right_rate", margin=0.05)


def test_the_hybrid_is_right_more_often_than_stale_weights(harness_results, harness_gate) -> None:
    harness_gate.not_less(harness_results, "fine-tuned", "hybrid", "right_rate")


def test_fine_tuning_keeps_the_output_format(harness_results, harness_gate) -> None:
    harness_gate.at_least(harness_results["fine-tuned"], "valid_rate", 0.85)


def test_the_hybrid_keeps_the_output_format(harness_results, harness_gate) -> None:
    harness_gate.at_least(harness_results["hybrid"], "valid_rate", 0.9)


def test_no_system_fails_to_answer(harness_results, harness_gate) -> None:
    for system in harness_results.systems:
        harness_gate.at_most(system, "failed_rate", 0.03)

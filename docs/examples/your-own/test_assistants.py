"""Gates: what must hold before either assistant goes live."""


def test_the_handbook_assistant_is_right(harness_results, harness_gate) -> None:
    harness_gate.at_least(harness_results["handbook"], "right_rate", 0.6)


def test_the_handbook_assistant_is_not_staler_than_memory(harness_results, harness_gate) -> None:
    harness_gate.not_more(harness_results, "remembered", "handbook", "stale_rate")

"""Asking a judge: a language model that rates answers by ragas' prompts.

It stands to the right of scoring and is no pure function: what it says is stored beside the run, and
from then on everything is made of what is stored.
"""

from harness.judging.order import in_order
from harness.judging.work import check_metrics, judge_run, score_run

__all__ = ["check_metrics", "in_order", "judge_run", "score_run"]

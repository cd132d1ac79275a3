"""LM Evaluation Harness, by its command line, with `local-chat-completions`.

`num_concurrent` is the questions in flight, `max_retries` its default of 3; the task is a YAML file with
`exact_match`, as its task guide says; `--log_samples` keeps the answers. Where the run will be killed,
it has `--use_cache`, and the same command again resumes it.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from job import Job, Told, main

_TASK: Final = """\
task: stub
dataset_path: json
dataset_kwargs:
  data_files:
    test: {rows}
test_split: test
output_type: generate_until
doc_to_text: "{{{{prompt}}}}"
doc_to_target: "{{{{wanted}}}}"
generation_kwargs:
  until: []
  max_gen_toks: 256
metric_list:
  - metric: exact_match
    aggregation: mean
    higher_is_better: true
"""


def run(job: Job) -> None:
    """`lm_eval run`; the second time, what its cache of responses has is not asked again."""
    rows = job.folder / "rows.jsonl"
    rows.write_text("".join(json.dumps(row._asdict()) + "\n" for row in job.asked()), "utf-8")
    (job.folder / "stub.yaml").write_text(_TASK.format(rows=json.dumps(str(rows))), "utf-8")
    url = f"base_url={job.url}/chat/completions"
    command = [str(Path(sys.executable).with_name("lm_eval")), "run"]
    command += ["--model", "local-chat-completions", "--tasks", "stub", "--include_path", job.out]
    command += ["--model_args", f"model=stub,{url},num_concurrent={job.concurrency}"]
    command += ["--apply_chat_template", "--log_samples", "--output_path", f"{job.out}/results"]
    if job.resumable:
        command += ["--use_cache", f"{job.out}/cache"]
    here = {"HF_HOME": f"{job.out}/home", "HF_HUB_OFFLINE": "1", "OPENAI_API_KEY": "none"}
    os.execve(command[0], command, os.environ | here)  # noqa: S606  (the tool's own)


def tell(job: Job) -> Iterator[Told]:
    """The logged samples; it gives no times of requests."""
    (samples,) = job.folder.joinpath("results").rglob("samples_stub_*.jsonl")
    with samples.open(encoding="utf-8") as lines:
        for line in lines:
            sample = json.loads(line)
            answer = sample["resps"][0][0]
            yield Told(sample["doc"]["prompt"], not answer, sample["exact_match"] == 1)


if __name__ == "__main__":
    main(run, tell, resume=run)

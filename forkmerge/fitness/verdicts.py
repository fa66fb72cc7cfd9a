"""The evaluator as the search sees it: a question in, a verdict out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forkmerge.search.protocol import Verdict

if TYPE_CHECKING:
    from forkmerge.fitness.evaluator import Evaluation

_WORDS = 200


def search_verdict(evaluation: Evaluation) -> Verdict:
    """Return the verdict of an evaluation; what a broken-off run never came to counts as failed.

    ``reasons`` are the first lines of the messages: tests that fail for one reason mostly fail with one message.
    """
    failed = evaluation.failed
    if evaluation.status == "ok":
        failed = failed | evaluation.undecided
    return Verdict(
        failed=failed,
        status=evaluation.status,
        passed=evaluation.passed,
        cost=evaluation.equivalents,
        reasons={key: text.split("\n", 1)[0][:_WORDS] for key, text in evaluation.messages},
        untraced=evaluation.untraced,
        flaky=evaluation.flaky,
    )

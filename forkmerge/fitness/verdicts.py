"""The evaluator as the search sees it: a question in, a verdict out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forkmerge.search.protocol import Verdict

if TYPE_CHECKING:
    from forkmerge.fitness.evaluator import Evaluation

_WORDS = 200


def search_verdict(evaluation: Evaluation) -> Verdict:
    """Return the verdict of an evaluation; what a broken-off run never came to counts as failed.

    ``reasons`` are the gists of the messages: tests that fail for one reason mostly fail with one message.
    """
    failed = evaluation.failed
    if evaluation.status == "ok":
        failed = failed | evaluation.undecided
    return Verdict(
        failed=failed,
        status=evaluation.status,
        passed=evaluation.passed,
        cost=evaluation.equivalents,
        reasons={key: gist(text)[:_WORDS] for key, text in evaluation.messages},
        untraced=evaluation.untraced,
        flaky=evaluation.flaky,
    )


def gist(message: str) -> str:
    """Return what went wrong in one line: the errors that a traceback ends with, else the first line.

    Where a file can't be imported the traceback begins in the test file, another one for each of them; its end is the
    same for all that the same import keeps from being collected.
    """
    errors = [line[1:].strip() for line in message.splitlines() if line.startswith("E ")]
    return " ".join(errors) or message.split("\n", 1)[0]

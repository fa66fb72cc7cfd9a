from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

import forkmerge
from forkmerge.report.documents import DOCUMENTS, schema_of

FOLDER = Path(forkmerge.__file__).parent.parent / "docs" / "reference" / "schemas"


@pytest.mark.parametrize("command", DOCUMENTS)
def test_the_schema_in_the_docs_is_that_of_the_code(command: str) -> None:
    """``UPDATE_SCHEMAS=1 pytest tests/unit/report/test_schemas.py`` writes them anew."""
    path = FOLDER / f"{command}.json"
    text = json.dumps(schema_of(command), indent=2) + "\n"
    if os.environ.get("UPDATE_SCHEMAS"):
        FOLDER.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert path.read_text() == text

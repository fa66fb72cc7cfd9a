from __future__ import annotations

import json
from dataclasses import replace

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forkmerge.errors import UnusableInput
from forkmerge.report.codec import from_data, to_data
from forkmerge.report.documents import DOCUMENTS, schema_of
from forkmerge.report.values import LocusReport, OwnerTests, Proposals

from .samples import RUN


def test_a_run_survives_the_round_trip() -> None:
    assert from_data(Proposals, json.loads(json.dumps(to_data(RUN)))) == RUN


@given(st.from_type(LocusReport))
def test_any_value_survives_the_round_trip(locus: LocusReport) -> None:
    assert from_data(LocusReport, json.loads(json.dumps(to_data(locus)))) == locus


@given(st.from_type(OwnerTests))
def test_any_tests_survive_the_round_trip(tests: OwnerTests) -> None:
    assert from_data(OwnerTests, json.loads(json.dumps(to_data(tests)))) == tests


def test_what_a_newer_version_adds_is_ignored_and_what_it_lacks_is_filled_in() -> None:
    data = to_data(RUN) | {"novelty": 1}
    del data["optimal"]
    assert from_data(Proposals, data) == RUN


@pytest.mark.parametrize(
    "change", [{"evaluations": "7"}, {"evaluations": True}, {"proposals": {}}, {"git": 3}, {"interrupted": 1}]
)
def test_what_is_not_a_run_is_refused_naming_the_place(change: dict[str, object]) -> None:
    with pytest.raises(UnusableInput, match=next(iter(change))):
        from_data(Proposals, to_data(RUN) | change)


def test_a_missing_field_is_refused() -> None:
    data = to_data(RUN)
    del data["scenario"]
    with pytest.raises(UnusableInput, match="scenario"):
        from_data(Proposals, data)


def test_an_unknown_word_is_refused() -> None:
    data = to_data(replace(RUN, git=replace(RUN.git)))
    data["git"]["verdict"] = "splendid"
    with pytest.raises(UnusableInput, match="verdict"):
        from_data(Proposals, data)


@pytest.mark.parametrize("command", DOCUMENTS)
def test_schemas_are_valid_and_ask_for_a_version(command: str) -> None:
    schema = schema_of(command)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert "version" in schema["$defs"][DOCUMENTS[command].__name__]["required"]


def test_a_run_is_what_its_schema_says() -> None:
    jsonschema.validate(to_data(RUN), schema_of("propose"))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(to_data(RUN) | {"evaluations": "7"}, schema_of("propose"))

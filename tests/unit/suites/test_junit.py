from __future__ import annotations

import os
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forkmerge.errors import UsageError
from forkmerge.model.outcome import RunStatus, Status
from forkmerge.suites.junit import JUnitRunner, read_junit
from forkmerge.suites.runner import Ended

SUREFIRE = b"""<?xml version="1.0"?>
<testsuite name="com.Foo" tests="5" time="1">
  <properties><property name="a" value="b"/></properties>
  <testcase name="good" classname="com.Foo" time="0.25"/>
  <testcase name="bad" classname="com.Foo"><failure message="expected 1" type="E">trace</failure></testcase>
  <testcase name="boom" classname="com.Foo"><error type="E">NullPointer
at x</error><system-out>hi</system-out></testcase>
  <testcase name="off" classname="com.Foo"><skipped/></testcase>
  <testcase name="good" classname="com.Foo"/>
</testsuite>"""

NESTED = b"""<testsuites>
  <testsuite name="a.test.js" file="./a.test.js"><testsuite name="group">
    <testcase name="inner" classname="test"/></testsuite></testsuite>
  <testcase name="top" classname="test"/><testcase name="top" classname="test"><failure message="no"/></testcase>
</testsuites>"""

BOMB = b"""<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>
<testsuite name="&b;"><testcase name="x"/></testsuite>"""


def collect(root, glob="*.xml", ended=Ended(0)):  # noqa: B008 - frozen
    return JUnitRunner(glob).collect(events_path="", candidate=str(root), completed=ended)


def statuses(run):
    return {str(r.test): r.status for r in run.results}


def test_outcomes_of_surefire_are_read_and_doubles_numbered(tmp_path):
    (tmp_path / "TEST-Foo.xml").write_bytes(SUREFIRE)
    run = collect(tmp_path)
    assert statuses(run) == {
        "com.Foo::good": Status.PASSED,
        "com.Foo::bad": Status.FAILED,
        "com.Foo::boom": Status.ERROR,
        "com.Foo::off": Status.SKIPPED,
        "com.Foo::good#1": Status.PASSED,
    }
    assert run.status is RunStatus.COMPLETED
    assert run.collected == 5
    messages = {r.test.name: r.message for r in run.results}
    assert (messages["bad"], messages["boom"]) == ("expected 1", "NullPointer\nat x")
    assert run.results[0].seconds == 0.25


def test_nested_suites_and_tests_without_a_suite_are_read():
    cases, whole = read_junit(NESTED)
    assert whole
    assert [(c.file, c.suite, c.name, c.status) for c in cases] == [
        ("a.test.js", "a.test.js::group", "inner", Status.PASSED),
        ("", "", "top", Status.PASSED),
        ("", "", "top", Status.FAILED),
    ]


@pytest.mark.parametrize("cut", range(60, len(SUREFIRE) - 15, 23))
def test_half_a_file_gives_its_whole_tests_and_is_never_complete(tmp_path, cut):
    (tmp_path / "r.xml").write_bytes(SUREFIRE[:cut])
    run = collect(tmp_path)
    whole = {"good": Status.PASSED, "bad": Status.FAILED, "boom": Status.ERROR, "off": Status.SKIPPED}
    assert all(whole[r.test.name] is r.status for r in run.results)
    assert len(run.results) == sum(SUREFIRE[:cut].count(end) for end in (b"</testcase>", b'0.25"/>', b'Foo"/>'))
    assert run.status is (RunStatus.CRASHED if run.results else RunStatus.UNCOLLECTED)


def test_document_with_a_dtd_is_refused(tmp_path):
    assert read_junit(BOMB) == ([], False)
    (tmp_path / "r.xml").write_bytes(BOMB)
    assert collect(tmp_path).status is RunStatus.UNCOLLECTED


def test_depth_is_bounded():
    assert read_junit(b"<testsuite>" * 100_000) == ([], False)


@pytest.mark.parametrize("glob", ["/etc/*.xml", "../*.xml", "a/../../*.xml", ""])
def test_glob_that_leaves_the_project_is_a_usage_error(glob):
    with pytest.raises(UsageError):
        JUnitRunner(glob)


def test_links_and_special_files_are_not_followed(tmp_path):
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    outside.mkdir()
    inside.mkdir()
    (outside / "r.xml").write_bytes(SUREFIRE)
    (inside / "link.xml").symlink_to(outside / "r.xml")
    (inside / "folder").symlink_to(outside)
    os.mkfifo(inside / "pipe.xml")
    assert collect(inside, "**/*.xml").results == ()


def test_stars_cross_folders_only_when_doubled(tmp_path):
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    (deep / "r.xml").write_bytes(SUREFIRE)
    found = {glob: len(collect(tmp_path, glob).results) for glob in ("*.xml", "*/r.xml", "**/*.xml", "a/**/r.xml")}
    assert found == {"*.xml": 0, "*/r.xml": 0, "**/*.xml": 5, "a/**/r.xml": 5}


def test_several_files_add_up_in_the_order_of_their_names(tmp_path):
    (tmp_path / "b.xml").write_bytes(SUREFIRE)
    (tmp_path / "a.xml").write_bytes(SUREFIRE)
    assert len({r.test for r in collect(tmp_path).results}) == 10


@pytest.mark.parametrize(
    ("ended", "status"),
    [
        (Ended(1), RunStatus.COMPLETED),
        (Ended(125), RunStatus.UNVERIFIED),
        (Ended(None, RunStatus.TIMEOUT), RunStatus.TIMEOUT),
        (Ended(None, RunStatus.UNVERIFIED), RunStatus.UNVERIFIED),
    ],
)
def test_end_of_the_command_decides_the_status_of_the_run(tmp_path, ended, status):
    (tmp_path / "r.xml").write_bytes(SUREFIRE)
    assert collect(tmp_path, ended=ended).status is status


@given(st.binary(max_size=200) | st.integers(0, len(SUREFIRE)).map(lambda n: SUREFIRE[n:] + SUREFIRE[:n]))
def test_no_bytes_break_the_reader(data):
    cases, whole = read_junit(data)
    assert isinstance(cases, list)
    assert not (whole and b"<" not in data)


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_node_tests_are_told_apart(tmp_path):
    (tmp_path / "a.test.js").write_text(
        "const {test, describe, it} = require('node:test');\n"
        "test('top', () => {}); test('top', () => { throw new Error('no'); });\n"
        "describe('group', () => { it('in <&>', () => {}); it.skip('off', () => {}); });\n"
    )
    command = ["node", "--test", "--test-reporter=junit", "--test-reporter-destination=r.xml"]
    code = subprocess.run(command, cwd=tmp_path, stdout=subprocess.DEVNULL, check=False).returncode
    run = collect(tmp_path, "r.xml", Ended(code))
    assert statuses(run) == {
        "junit::top": Status.PASSED,
        "junit::top#1": Status.FAILED,
        "group::in <&>": Status.PASSED,
        "group::off": Status.SKIPPED,
    }

"""Log lines: JSON, with what operators need and nothing that callers would not want there."""

import json
import logging

import pytest

from hub.telemetry import JsonLines, log_fault
from tests.hub.conftest import TOKEN, Api


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, object]]:
    formatter = JsonLines()
    return [json.loads(formatter.format(record)) for record in caplog.records if record.name == "unionhub.request"]


async def test_request_is_one_line_without_variables_or_token(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "unionhub.request")
    await api.post("query Members($of: String) { word(of: $of) }", {"of": "371003-secret"})
    (line,) = lines(caplog)
    assert line["event"] == "request"
    assert (line["operation"], line["status"], line["principal"], line["code"]) == ("Members", 200, "national", None)
    assert isinstance(line["ms"], float)
    assert line["level"] == "info"
    assert "at" in line
    assert "secret" not in json.dumps(line)
    assert TOKEN not in json.dumps(line)


async def test_refusal_is_logged_with_its_code(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "unionhub.request")
    await api.post("{ word }", headers={"authorization": "Bearer wrong"})
    (line,) = lines(caplog)
    assert (line["status"], line["code"], line["principal"]) == (401, "UNAUTHENTICATED", None)


async def test_long_operation_names_are_cut_and_forged_lines_are_one_line(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "unionhub.request")
    await api.post("{ word }", operationName='x"}\n{"level": "forged' + "y" * 1_000)
    (line,) = lines(caplog)
    assert len(str(line["operation"])) == 100
    assert "\n" not in JsonLines().format(caplog.records[-1])


def test_fault_is_logged_whole(caplog: pytest.LogCaptureFixture) -> None:
    try:
        raise ValueError("what went wrong")
    except ValueError as error:
        reference = log_fault(error, operation="Q" * 1_000)
    line = json.loads(JsonLines().format(caplog.records[-1]))
    assert line["reference"] == reference
    assert len(reference) == 12
    assert "ValueError: what went wrong" in line["traceback"]
    assert len(line["operation"]) == 100

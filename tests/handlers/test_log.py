import json

import pytest
from botocore.exceptions import ClientError

from handlers.log import Log
from tests.handlers.events import Context


def test_a_failure_of_aws_names_its_code_and_none_of_its_words(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        raise ClientError({"Error": {"Code": "ValidationException", "Message": "Value 'hunter22' is bad"}}, "PutItem")
    except ClientError as error:
        Log(Context(), connectionId="c1").failure(error)
    printed = capsys.readouterr().out
    line = json.loads(printed)
    assert "hunter22" not in printed
    assert (line["level"], line["error"], line["code"]) == ("ERROR", "ClientError", "ValidationException")
    assert (line["requestId"], line["connectionId"]) == (Context.aws_request_id, "c1")
    assert line["at"][-1].endswith("test_a_failure_of_aws_names_its_code_and_none_of_its_words")


def test_a_line_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    Log(Context()).info("answered", why="a\nb")
    assert capsys.readouterr().out.count("\n") == 1

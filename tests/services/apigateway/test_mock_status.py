"""The status that a MOCK's request template names."""

from __future__ import annotations

import pytest

from cloudrig.services.apigateway.mock_status import mock_status


@pytest.mark.parametrize(
    "body", ['{"statusCode": 200}', "{statusCode: 200}", '{"statusCode": 200,}', '{"a": [1,], statusCode : 200 , }']
)
def test_a_status(body: str) -> None:
    """Bare keys, as the CDK writes them, and trailing commas, as AWS answers 200 to (recorded by airspeed-ext)."""
    assert mock_status(body) == 200


@pytest.mark.parametrize("body", ["", "[]", "x", "{}", '{"statusCode": "200"}', '{"statusCode": true}', "{{{"])
def test_no_status(body: str) -> None:
    assert mock_status(body) is None

"""Tags: API_TagResource, API_UntagResource, API_ListTags."""

from __future__ import annotations

import pytest

from tests.services.lambda_.fakes import STREAM
from tests.services.lambda_.harness import Api, Failed


async def test_tags_of_a_function(api: Api) -> None:
    arn = await api.deploy(Tags={"a": "1"})
    await api("TagResource", Resource=arn, Tags={"b": "2", "c": "3"})
    await api("UntagResource", Resource=arn, TagKeys=["a", "absent"])
    assert (await api("ListTags", Resource=arn))["Tags"] == {"b": "2", "c": "3"}


async def test_tags_of_an_event_source_mapping(api: Api) -> None:
    arn = await api.deploy()
    made = await api(
        "CreateEventSourceMapping",
        EventSourceArn=STREAM,
        FunctionName=arn,
        StartingPosition="LATEST",
        Tags={"a": "1"},
    )
    await api("TagResource", Resource=made["EventSourceMappingArn"], Tags={"b": "2"})
    assert (await api("ListTags", Resource=made["EventSourceMappingArn"]))["Tags"] == {"a": "1", "b": "2"}
    await api("DeleteEventSourceMapping", UUID=made["UUID"])
    with pytest.raises(Failed, match="404 ResourceNotFoundException"):
        await api("ListTags", Resource=made["EventSourceMappingArn"])


async def test_what_is_refused(api: Api) -> None:
    arn = await api.deploy(Publish=True)
    with pytest.raises(Failed, match="404 ResourceNotFoundException"):
        await api("ListTags", Resource=arn + "x")
    with pytest.raises(Failed, match="400 InvalidParameterValueException: Tags on function aliases and versions are"):
        await api("ListTags", Resource=f"{arn}:1")
    with pytest.raises(Failed, match="400 InvalidParameterValueException: An error occurred and the request cannot be"):
        await api("TagResource", Resource=arn, Tags={})
    with pytest.raises(Failed, match="400 ValidationException: 1 validation error detected: Value null at 'tagKeys'"):
        await api("UntagResource", Resource=arn, TagKeys=[])
    with pytest.raises(Failed, match="400 InvalidParameterValueException: Number of tags exceeds"):
        await api("TagResource", Resource=arn, Tags={str(number): "" for number in range(51)})

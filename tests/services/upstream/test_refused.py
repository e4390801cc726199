"""CloudFormation is refused in words, where the engine keeps services of its own."""

import asyncio
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from cloudrig.engine.config import Config
from cloudrig.rig import Rig
from tests import rigs


async def test_cloudformation_is_refused(tmp_path: Path) -> None:
    async with Rig(Config(tmp_path, port=0)) as rig:
        client = rigs.client(rig, "cloudformation")
        with pytest.raises(ClientError, match="Terraform") as refused:
            await asyncio.to_thread(client.create_stack, StackName="s", TemplateBody="{}")
    assert refused.value.response["Error"]["Code"] == "NotImplemented"

"""A rig of the session's own, with boto3 as its client."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from cloudrig import background
from cloudrig.background import RunningRig
from cloudrig.engine.config import Config
from cloudrig.targets import Target

if TYPE_CHECKING:
    from types_boto3_cloudfront import CloudFrontClient
    from types_boto3_s3 import S3Client


@pytest.fixture(scope="session")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRig]:
    data_dir = tmp_path_factory.mktemp("rig")
    running = background.start(Config(data_dir=data_dir, port=0))
    yield running
    background.stop(data_dir, running)


@pytest.fixture(scope="session")
def cloudfront(rig: RunningRig) -> CloudFrontClient:
    return Target("embedded", "us-east-1", rig.url).session().client("cloudfront")


@pytest.fixture(scope="session")
def s3(rig: RunningRig) -> S3Client:
    return Target("embedded", "us-east-1", rig.url).session().client("s3")

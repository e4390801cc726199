"""A rig for the time of a block: for tests in any framework, or in none. Under pytest the plugin has it as a fixture.

with rig() as aws:
    queue = aws.client("sqs").create_queue(QueueName="jobs")["QueueUrl"]
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cloudrig import background, targets
from cloudrig.engine.config import Config
from cloudrig.engine.names import DEFAULT_REGION
from cloudrig.targets import Target


@contextmanager
def rig(data_dir: Path | None = None, *, region: str = DEFAULT_REGION) -> Iterator[Target]:
    """A rig on free ports, in a process of its own; it is gone after the block, and so is what it held.

    Args:
        data_dir: where it keeps its files, and `rig.log`; None for a folder that goes with it.
        region: of the clients.
    Yields: `client("sqs")`, a boto3 client; addresses (`websocket_url(api_id, stage)`, …); `sdk_variables()`, the
        environment of other programs that are to use it.
    Raises RigError: it does not start; the message says why.
    """
    targets.reach_loopback_directly(os.environ)
    with (
        tempfile.TemporaryDirectory(prefix="cloudrig-") as folder,
        background.running(Config(data_dir or Path(folder), port=0)) as running,
    ):
        yield targets.from_environ({"AWS_REGION": region}, running.url)

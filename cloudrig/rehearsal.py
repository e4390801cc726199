"""A rehearsal: the code path of AWS, offline.

Nobody knows an `AWS_ENDPOINT_URL`. SDKs and clients go to AWS's own host names; a proxy leads them to the rig, which
shows certificates of an authority of its own, checks signatures, and does what AWS does at its door
(`services/access`). What passes differs from AWS only in AWS.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from cloudrig.engine.credentials import Credentials
from cloudrig.engine.files import write_whole
from cloudrig.engine.messages import Addresses
from cloudrig.engine.names import DEFAULT_ACCOUNT
from cloudrig.engine.proxy import DOMAINS, Proxy
from cloudrig.engine.server import Server
from cloudrig.engine.tls import HostCertificates

REGION = "eu-west-1"
USER_ARN = f"arn:aws:iam::{DEFAULT_ACCOUNT}:user/rehearsal"
_ENVIRONMENT_FILE = "rehearsal/environment.json"
_NOT_INHERITED = ("AWS_", "CLOUDRIG_")


@asynccontextmanager
async def rehearsed(
    addresses: Addresses, server: Server, tls: ssl.SSLContext, credentials: Credentials, data_dir: Path
) -> AsyncIterator[Addresses]:
    """Have a rig answer for AWS's names; yields its addresses then, and says in its folder how clients find it."""
    certificates = HostCertificates(data_dir / "rehearsal")
    certificates.serve(tls, DOMAINS)
    proxy = Proxy("127.0.0.1")
    try:
        await proxy.start(server.port, server.tls_port)
        addresses = replace(addresses, proxy_url=proxy.url, ca_bundle=str(certificates.bundle))
        keys = credentials.issue_to_user(USER_ARN)
        variables = {
            **addresses.sdk_variables(),
            "AWS_ACCESS_KEY_ID": keys.access_key_id,
            "AWS_SECRET_ACCESS_KEY": keys.secret_access_key,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "CLOUDRIG_CA_FILE": str(certificates.bundle),
            "CLOUDRIG_TARGET": "aws",
            "CLOUDRIG_AWS_ACCOUNT": DEFAULT_ACCOUNT,
        }
        write_whole(data_dir / _ENVIRONMENT_FILE, json.dumps(variables).encode())
        yield addresses
    finally:
        await proxy.close()


def environment(data_dir: Path, inherited: Mapping[str, str]) -> dict[str, str]:
    """What a program is run with to take part in the rehearsal of a data folder; nothing of any real account."""
    kept = {name: value for name, value in inherited.items() if not name.startswith(_NOT_INHERITED)}
    variables: dict[str, str] = json.loads((data_dir / _ENVIRONMENT_FILE).read_text())
    return {**kept, **variables}

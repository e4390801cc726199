"""The callback API of a WebSocket API: `POST` and `DELETE {stage}/@connections/{connectionId}`, signed.

This is the hot path of the fan-out. boto3's `post_to_connection` takes 1 ms of CPU a call; botocore's signer on a
kept-open urllib3 connection less than half.
Source:
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html
"""

from __future__ import annotations

import logging
import ssl
from typing import Final
from urllib.parse import quote, urlsplit

import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.httpsession import where as default_ca_bundle

from handlers.chat.delivery import Outcome

_LOG = logging.getLogger(__name__)
_TIMEOUT: Final = urllib3.Timeout(connect=1, read=2)
_OPEN_CONNECTIONS: Final = 32


class CallbackApi:
    """Implements `handlers.chat.delivery.Callbacks`. Safe to use from many threads."""

    def __init__(
        self,
        url: str,
        credentials: Credentials,
        region: str,
        *,
        ca_bundle: str | None = None,
        https_proxy: str | None = None,
    ) -> None:
        """
        Args:
            url: `https://{host}/{stage}`.
            ca_bundle: certificates to trust in place of the usual ones; a file.
            https_proxy: the proxy that leads to an https `url`.
        """
        self._url = url.rstrip("/")
        self._path = urlsplit(self._url).path
        self._credentials = credentials
        self._region = region
        self._pool = _pool(self._url, ca_bundle, https_proxy)

    def post(self, connection_id: str, body: bytes) -> Outcome:
        return self._call("POST", connection_id, body)

    def close(self, connection_id: str) -> None:
        self._call("DELETE", connection_id, b"")

    def _call(self, method: str, connection_id: str, body: bytes) -> Outcome:
        path = f"/@connections/{quote(connection_id, safe='')}"
        headers = self._signed(method, self._url + path, body)
        try:
            answer = self._pool.urlopen(
                method, self._path + path, body, headers, retries=False, redirect=False, timeout=_TIMEOUT
            )
        except urllib3.exceptions.HTTPError as error:
            _LOG.warning("%s %s: %s", method, connection_id, type(error).__name__)
            return Outcome.UNAVAILABLE
        outcome = _outcome(answer.status)
        if outcome in (Outcome.UNAVAILABLE, Outcome.REFUSED):
            _LOG.warning("%s %s: %d", method, connection_id, answer.status)
        return outcome

    def _signed(self, method: str, url: str, body: bytes) -> dict[str, str]:
        """The headers of the request. Credentials are asked for each time, since a role's change while an environment
        lives.
        """
        request = AWSRequest(method, url, data=body, headers={"Content-Type": "application/json"})
        SigV4Auth(self._credentials.get_frozen_credentials(), "execute-api", self._region).add_auth(request)
        return dict(request.headers.items())


def _pool(url: str, ca_bundle: str | None, https_proxy: str | None) -> urllib3.HTTPConnectionPool:
    if not url.startswith("https:"):
        return urllib3.PoolManager(maxsize=_OPEN_CONNECTIONS, block=True).connection_from_url(url)
    # One context for all connections: reading the certificates takes some 20 ms.
    tls = ssl.create_default_context(cafile=ca_bundle or default_ca_bundle())
    if https_proxy:
        manager: urllib3.PoolManager = urllib3.ProxyManager(
            https_proxy, maxsize=_OPEN_CONNECTIONS, block=True, ssl_context=tls
        )
    else:
        manager = urllib3.PoolManager(maxsize=_OPEN_CONNECTIONS, block=True, ssl_context=tls)
    return manager.connection_from_url(url)


def _outcome(status: int) -> Outcome:
    if 200 <= status < 300:
        return Outcome.DELIVERED
    if status == 410:
        return Outcome.GONE
    return Outcome.UNAVAILABLE if status == 429 or status >= 500 else Outcome.REFUSED

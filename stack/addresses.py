"""Where deployed things are reached: differs between AWS and its stand-ins, so the caller of a deployment says it."""

from __future__ import annotations

from typing import Protocol


class Addresses(Protocol):
    """The public addresses of one target. No address ends with a slash but the site's and Cognito's."""

    @property
    def target(self) -> str:
        """The target's name, for the outputs."""

    def rest_url(self, api_id: str, stage: str) -> str:
        """`https://…`, before `/signup`."""

    def websocket_url(self, api_id: str, stage: str) -> str:
        """`wss://…`, what clients connect to."""

    def callback_url(self, api_id: str, stage: str) -> str:
        """`https://…`, before `/@connections/…`, as functions reach it."""

    def distribution_url(self, distribution_id: str, domain: str) -> str:
        """`https://{domain}/`, what people open where a distribution stands before the site."""

    def user_pools_url(self) -> str:
        """`https://cognito-idp.{region}.amazonaws.com/`, as browsers reach it."""

    def user_pool_keys_url(self, pool_id: str) -> str:
        """`https://…/{pool id}/.well-known/jwks.json`, as functions reach it."""

    def bucket_url(self, bucket: str) -> str:
        """`https://…`, before `/key`: where browsers reach the objects of a bucket."""

    def site_url(self, bucket: str) -> str:
        """`https://…/`, what people open."""

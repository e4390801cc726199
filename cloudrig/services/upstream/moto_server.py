"""moto as a small HTTP server: the process behind `moto.py`. Prints its port once it listens, then a line for each
function that one of its services invokes (`moto_deliveries.py`).

A process of its own rather than a thread: moto keeps its state in module globals, so two rigs in one process would see
each other, and its work would take turns with the event loop.
"""

from __future__ import annotations

import json
import os
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TextIO
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

PRELOADED = {"s3": "/", "sts": "/", "iam": "/?Action=ListRoles", "logs": "/", "ssm": "/"}
"""Signing name → path of a request that changes nothing."""


def main() -> None:
    from werkzeug.serving import WSGIRequestHandler, make_server

    class QuietHandler(WSGIRequestHandler):
        protocol_version = "HTTP/1.1"

        def log(self, type: str, message: str, *args: object) -> None:
            """Requests are logged by the engine."""

    engine = _only_writer_of_output()
    application = _application(engine)
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=QuietHandler)
    threading.Thread(target=_preload, args=[application], daemon=True).start()
    engine.write(f"{server.port}\n")
    server.serve_forever()


def _only_writer_of_output() -> TextIO:
    """The standard output, a line at a time. What else prints goes to standard error from now on."""
    output = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    return output


def _application(engine: TextIO) -> WSGIApplication:
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    from cloudrig.services.upstream import moto_deliveries

    turn = threading.Lock()

    def deliver(function: str, principal: str, source: str, payload: Any) -> None:
        line = json.dumps({"function": function, "principal": principal, "source": source, "payload": payload})
        with turn:
            engine.write(f"{line}\n")

    moto_deliveries.install(deliver)
    _take_logs_of_the_future()
    _show_redrive_policies_as_sqs_does()
    _tag_streams_that_are_made_with_tags()
    _tell_attributes_in_id_tokens()
    return _closed_to_pages(_one_at_a_time(DomainDispatcherApplication(create_backend_app), "iam"))


def _closed_to_pages(application: WSGIApplication) -> WSGIApplication:
    """Refuse what a browser sends to moto's own port. moto lets pages of any origin do anything; the engine does not,
    and what comes through it bears the engine's port in `Host`.
    """

    def refuse_pages(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        host, port = environ.get("HTTP_HOST", ""), environ["SERVER_PORT"]
        by_browser = "HTTP_ORIGIN" in environ or "HTTP_SEC_FETCH_SITE" in environ or host != f"127.0.0.1:{port}"
        if host.endswith(f":{port}") and by_browser:
            start_response("403 Forbidden", [("Content-Length", "0")])
            return []
        return application(environ, start_response)

    return refuse_pages


def _one_at_a_time(application: WSGIApplication, service: str) -> WSGIApplication:
    """Let requests of one service wait for each other: moto looks for a role by walking through all of them, and fails
    when another thread makes one meanwhile, as deployments do.
    """
    turn = threading.Lock()

    def take_turns(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if f"/{service}/aws4_request" not in environ.get("HTTP_AUTHORIZATION", ""):
            return application(environ, start_response)
        with turn:
            return application(environ, start_response)

    return take_turns


def _preload(application: WSGIApplication) -> None:
    """Have moto import and route the services every stack uses, while the engine still starts: a second's work."""
    from werkzeug.test import Client

    client = Client(application)
    for service, path in PRELOADED.items():
        scope = f"Credential=cloudrig/20260101/us-east-1/{service}/aws4_request"
        client.get(path, headers={"Authorization": f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0"})


def _take_logs_of_the_future() -> None:
    """Functions log by the rig's clock, which tests may have moved. moto's stays, and it would refuse, as CloudWatch
    Logs does, whatever is more than two hours ahead.
    """
    from moto.core.utils import unix_time_millis
    from moto.logs.models import LogsBackend

    put = LogsBackend.put_log_events

    def put_log_events(
        self: LogsBackend, log_group_name: str, log_stream_name: str, log_events: list[dict[str, Any]]
    ) -> tuple[str, dict[str, Any]]:
        now_ms = unix_time_millis()
        answer = put(self, log_group_name, log_stream_name, [one for one in log_events if one["timestamp"] <= now_ms])
        ahead = [one for one in log_events if one["timestamp"] > now_ms]
        if ahead:
            self.groups[log_group_name].put_log_events(log_stream_name, ahead)
        return answer

    LogsBackend.put_log_events = put_log_events  # type: ignore[method-assign]


def _show_redrive_policies_as_sqs_does() -> None:
    """Without spaces. Terraform compares the text with its own, and would change the queue with every plan."""
    from moto.sqs.models import Queue

    shown: property = vars(Queue)["attributes"]

    def attributes(self: Queue) -> dict[str, Any]:
        found: dict[str, Any] = shown.__get__(self)
        if self.redrive_policy:
            found["RedrivePolicy"] = json.dumps(self.redrive_policy, separators=(",", ":"))
        return found

    Queue.attributes = property(attributes)  # type: ignore[assignment, method-assign]


def _tag_streams_that_are_made_with_tags() -> None:
    """moto looks at the tags of AddTagsToStream only."""
    from moto.kinesis.responses import KinesisResponse

    make = KinesisResponse.create_stream

    def create_stream(self: KinesisResponse) -> Any:
        answer = make(self)
        self.kinesis_backend.add_tags_to_stream(None, self._get_param("StreamName"), self._get_param("Tags") or {})
        return answer

    KinesisResponse.create_stream = create_stream  # type: ignore[method-assign]


def _tell_attributes_in_id_tokens() -> None:
    """Of a client without `ReadAttributes` moto's tokens tell no attribute; AWS's tell every standard one, and whether
    address and number are verified as a boolean.

    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UserPoolClientType.html
    https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-id-token.html
    """
    from moto.cognitoidp.models import CognitoIdpUserPool

    named = CognitoIdpUserPool.get_user_extra_data_by_client_id

    def attributes(self: CognitoIdpUserPool, client_id: str, username: str) -> dict[str, Any]:
        told = named(self, client_id, username)
        client = self.clients.get(client_id)
        if client is not None and not client.get_readable_fields():
            own = {each["Name"]: each["Value"] for each in self._get_user(username).attributes}
            told = {name: value for name, value in own.items() if name != "sub" and ":" not in name}
        verified = {name: told[name] == "true" for name in ("email_verified", "phone_number_verified") if name in told}
        return told | verified

    CognitoIdpUserPool.get_user_extra_data_by_client_id = attributes  # type: ignore[method-assign]


if __name__ == "__main__":
    main()

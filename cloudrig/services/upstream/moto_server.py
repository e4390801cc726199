"""moto as a small HTTP server: the process behind `moto.py`. Prints its port once it listens.

A process of its own rather than a thread: moto keeps its state in module globals, so two rigs in one process would see
each other, and its work would take turns with the event loop.
"""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

PRELOADED = {"s3": "/", "sts": "/", "iam": "/?Action=ListRoles", "logs": "/", "ssm": "/"}
"""Signing name → path of a request that changes nothing."""


def main() -> None:
    from werkzeug.serving import WSGIRequestHandler, make_server

    class QuietHandler(WSGIRequestHandler):
        protocol_version = "HTTP/1.1"

        def log(self, type: str, message: str, *args: object) -> None:
            """Requests are logged by the engine."""

    application = _application()
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=QuietHandler)
    threading.Thread(target=_preload, args=[application], daemon=True).start()
    sys.stdout.write(f"{server.port}\n")
    sys.stdout.flush()
    server.serve_forever()


def _application() -> WSGIApplication:
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    application: WSGIApplication = DomainDispatcherApplication(create_backend_app)
    return application


def _preload(application: WSGIApplication) -> None:
    """Have moto import and route the services every stack uses, while the engine still starts: a second's work."""
    from werkzeug.test import Client

    client = Client(application)
    for service, path in PRELOADED.items():
        scope = f"Credential=cloudrig/20260101/us-east-1/{service}/aws4_request"
        client.get(path, headers={"Authorization": f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0"})


if __name__ == "__main__":
    main()

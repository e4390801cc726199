"""moto as a small HTTP server: the process behind `moto.py`. Prints its port once it listens.

A process of its own rather than a thread: moto keeps its state in module globals, so two rigs in one process would see
each other, and its work would take turns with the event loop.
"""

from __future__ import annotations

import importlib
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

PRELOADED = ("s3", "iam", "sts", "ssm", "logs", "cloudwatch")


def main() -> None:
    from werkzeug.serving import WSGIRequestHandler, make_server

    class QuietHandler(WSGIRequestHandler):
        protocol_version = "HTTP/1.1"

        def log(self, type: str, message: str, *args: object) -> None:
            """Requests are logged by the engine."""

    server = make_server("127.0.0.1", 0, _application(), threaded=True, request_handler=QuietHandler)
    threading.Thread(target=_preload, daemon=True).start()
    sys.stdout.write(f"{server.port}\n")
    sys.stdout.flush()
    server.serve_forever()


def _application() -> WSGIApplication:
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    application: WSGIApplication = DomainDispatcherApplication(create_backend_app)
    return application


def _preload() -> None:
    """Import the services every stack uses while the engine still starts."""
    for service in PRELOADED:
        importlib.import_module(f"moto.{service}.urls")


if __name__ == "__main__":
    main()

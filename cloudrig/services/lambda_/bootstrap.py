"""Started in every Python environment: makes the interpreter what Lambda's is, then hands over to awslambdaric.

It runs with `-S -P` (no site-packages but PYTHONPATH's, nothing before it), so that a function finds what it brought
and what the runtime offers, and nothing of the rig's. Imports nothing but the standard library.
"""

import os
import site
import sys


def main() -> None:
    sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])
    site.setquit()
    site.setcopyright()
    site.sethelper()
    from awslambdaric.__main__ import main as serve_events

    serve_events(sys.argv)


if __name__ == "__main__":
    main()

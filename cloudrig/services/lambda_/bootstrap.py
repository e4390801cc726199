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
    from awslambdaric import bootstrap
    from awslambdaric.lambda_runtime_client import LambdaRuntimeClient

    # awslambdaric's own start-up would ask for events from a new thread for each of them, from python3.12 on, so that
    # signal handlers run while it waits. Environments get no signals but the last one, and the threads cost more CPU
    # than all the rest of an event.
    bootstrap.run(sys.argv[1], LambdaRuntimeClient(os.environ["AWS_LAMBDA_RUNTIME_API"]))


if __name__ == "__main__":
    main()

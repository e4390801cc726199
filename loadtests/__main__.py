"""`python -m loadtests`."""

from gevent import monkey  # type: ignore[import-untyped]

monkey.patch_all()  # before anything else imports sockets or threads

from loadtests.run import main  # noqa: E402

raise SystemExit(main())

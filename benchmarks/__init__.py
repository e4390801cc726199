"""Measures the speed of a rig, or of whatever else answers AWS's APIs, from outside: `python -m benchmarks`.

It deploys a small stack of its own by boto3, loads it over raw sockets from this process, and removes it again.
docs/benchmarks.md says what each measure is and how to read the table.
"""

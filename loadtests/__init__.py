"""Loads on the deployed chat, by Locust: `python -m loadtests --help`.

    chatter.py   one simulated person (a Locust user)
    ledger.py    the account of every message: sent, acknowledged, delivered, lost, repeated
    schedule.py  when who speaks
    summary.py   the table at the end
    run.py       the command: finds the stack, runs the load, says how it went

The rate is kept whatever the server does (an open model): a message is sent when it is due, not when the last one was
answered, and its times are counted from when it was due. So a server that falls behind shows it in full.
"""

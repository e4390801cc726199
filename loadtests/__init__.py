"""Loads on the deployed chat, by Locust: `python -m loadtests --help`.

    profiles.py     what a load is: how many of whom, where, how often; the named ones
    run.py          the command: finds the stack, has the load run, says how it went
    costs.py        what a load costs on AWS: foreseen from its profile, reckoned from what was counted
    budget.py       whether it is run at that price, and where it is cut short
    execution.py    a load from its first user to its account, here or on workers, observed all the while
    conductor.py    one process's load from the entry of its users to the account of its messages
    cluster.py      one master and its workers: who begins when, and how their accounts become one
    load.py         what all users of one process share
    person.py       a Locust user: enters, is there, leaves; asks and hears over one connection
    users.py        the kinds of people: Chatter, Guest, Lurker, Reconnector
    accounts.py     signing up and logging in, each account once
    rooms.py        who founds which room and lets whom in
    line.py         one WebSocket connection, cheap enough to have ten thousand of
    proxy.py        the proxy that the environment names, which a rehearsal has
    schedule.py     when who speaks, and how a message carries that time
    ledger.py       the account of every message: sent, acknowledged, delivered, stored, lost, repeated, out of order
    monitor.py      what the rig and the load itself use of the machine, second by second
    outcome.py      figures, bottleneck and verdict of a load, as one JSON object
    summary.py      the same as a table for a terminal
    page.py, charts.py   and as one HTML page with pictures in it

The rate is kept whatever the server does (an open model): a message is sent when it is due, not when the last one was
answered, and its times are counted from when it was due. So a server that falls behind shows it in full.
"""

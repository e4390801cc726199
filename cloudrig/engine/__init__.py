"""The frame every service stands in: server, router, wire protocols, names, clock, events, child processes.

Nothing in this package knows a service; services import it, never the other way round.
"""

"""What can go wrong with a measure."""


class Unfit(Exception):
    """The endpoint cannot do what a measure needs, or this machine cannot measure it; the message says why."""

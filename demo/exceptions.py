class DemoRefused(Exception):
    """The demo's content does not belong in this installation; the message says why."""

"""The bounds of an application's life."""

GRACE = 0.5
"""Seconds for an application to end by itself; what is left then is cancelled."""

START_TIME = 10.0
"""Seconds for an application to start."""

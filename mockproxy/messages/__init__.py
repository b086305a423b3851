"""HTTP messages as immutable values: what was on the wire, and readings of it.

Knows nothing of sockets, proxies, records or tests; every function here is free of side effects.
A new reading of a message goes into its file here; a new content coding is one entry in the table of ``coding.py``.
"""

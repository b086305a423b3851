"""The chain: phases, levels, the forms that a middleware may take, and the trace of what each of them did.

Knows nothing of sockets, routes, targets or aiohttp; the core that forwards and the translation of foreign errors are
handed in.  A new form of middleware is one more file beside ``split.py``, ``wrapping.py`` and ``interceptor.py``.
"""

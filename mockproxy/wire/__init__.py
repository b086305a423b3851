"""Sockets: the only room that does I/O, and the law of HTTP/1.1 on them (RFC 9112).

Knows nothing of routes, middlewares or tests; it hands out heads and streams of bytes, and notes on tapes what passes.
A protocol goes into a file of its own here; what a message means goes into ``messages``.
"""

"""What a target answers: stubs, replies in sequence, handlers, gates, resources.

Knows nothing of sockets or of the proxy; a server asks a table for the stub of a request, and the stub for a reply.
A new kind of reply is one more field of ``reply.py``; a new way to choose requests belongs to ``matching``.
"""

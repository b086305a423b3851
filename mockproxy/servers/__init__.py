"""Where it is put together: servers that listen, answer or forward, and record.

The only room that knows all those below it; it must not know pytest.
A new kind of server is one file here over ``server.py``; a framework to host belongs to ``hosting``.
"""

"""The client kit: sessions and client middlewares for tests of clients, on aiohttp.

Knows nothing of servers, routes or reports; a client middleware is one file here with its mirror test.
"""

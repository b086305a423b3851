"""Applications as targets: each on the server that it is made for, unchanged, watched, and traced where that is asked.

Knows the record and the wire, and nothing of stubs, proxies or tests; frameworks are imported only with their apps.
A framework is one file for hosting it and one for tracing its middlewares.
"""

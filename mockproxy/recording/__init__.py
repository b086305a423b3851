"""What happened, kept as values: exchanges, their legs, and the journal that holds them in order of arrival.

Knows nothing of sockets, of reports or of tests; the wire writes on tapes, and servers file what is complete.
A new fact about an exchange is a field of ``exchange.py``; a new question to many of them a method of ``journal.py``.
"""

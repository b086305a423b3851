"""Exchanges for people and for other programs: text in, text out.

Knows the record and nothing of servers or tests; credentials stand in every report as tags.
An export format is one more file here, tested with an independent reader of that format.
"""

"""The pytest plugin: fixtures over public names, and what a test is told at its end.

Glue and nothing else: whatever works without pytest belongs to the library.
A fixture is a few lines in ``fixtures.py``; the entry point ``plugin.py`` imports nothing heavy.
"""

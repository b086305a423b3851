"""Fixtures, options and reports for pytest; the only room that imports it, and glue over public names.

It must not know how a server works: what a test can do with a fixture, it can do without pytest.
This folder is installed as ``mockproxy.pytest_plugin``; a fixture goes into ``fixtures.py``, a few lines over a name.
"""

"""Exports: all rows of the one list of a query as CSV, NDJSON or a workbook (docs/exports.md, ADR 0054).

In the order in which they import each other:

- ``forms``: what file the caller wants
- ``columns``: the columns of a table, from what the query selects on a row
- ``writers``: rows become bytes
- ``log``: the entry in the audit log, before the first row
- ``run``: from a request to the file, within the caller's limits
"""

"""Exports: all rows of the one list of a query as CSV, NDJSON or a workbook (docs/exports.md, ADR 0054).

``forms``: what file the caller wants. ``columns``: of a table, from what the query selects on a row. ``writers``: rows become bytes.
``run``: from a request to the file, within the caller's limits; ``log``: the entry in the audit log, before the first row.
"""

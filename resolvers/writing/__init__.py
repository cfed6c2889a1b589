"""Writing records: one core for every door (a mutation, a bulk mutation, an import), declared once for each kind of record (ADR 0051).

In the order in which they import each other:

- ``values``, ``days``: types of values, which read them from text
- ``declare``: what a kind of record takes
- ``outcomes``: what goes into a batch and comes out of it
- ``scope``: where a caller may write
- ``batch``: a batch while it is checked
- ``columns``: columns of several kinds
- ``persons``, ``references``: what rows refer to
- ``parts``, ``several``: the rows of one table, one for each row of the batch or any number
- ``taken``: keys of records that the caller may not write
- ``numbered``, ``wholes``: records that are found by a number; records that others are parts of
- ``warnings``: the rules of data quality that written records break
- ``records``: kinds of one table, which their declaration describes in full
- ``employers``, ``members`` (with ``memberships``), ``organizations`` (with ``links``), ``agreements`` (with ``agreement_parts``) and
  ``disputes`` (with ``dispute_parts``): the kinds of several tables
- ``activities``, ``assistance``, ``care``, ``certifications``, ``coverage``, ``fairs``, ``insurance``, ``mediation``, ``relief``,
  ``services``, ``venues``: kinds of one table, a file a slice
- ``kinds``: all of them, by name
- ``write``: ``write_batch`` and ``write_rows``, which all doors call
- ``command``: the door of mutations
"""

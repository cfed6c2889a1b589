"""Writing records: one core for every door (a mutation, a bulk mutation, an import), declared once for each kind of record (ADR 0051).

In the order in which they import each other:

- ``values``, ``days``: types of values, which read them from text
- ``declare``: what a kind of record takes
- ``outcomes``: what goes into a batch and comes out of it
- ``scope``: where a caller may write
- ``batch``: a batch while it is checked
- ``columns``, ``persons``, ``references``, ``parts``, ``taken``: columns of several kinds; what rows refer to; the rows of one table; keys
  of others
- ``records``: kinds of one table, of which the declaration is all
- ``employers``, ``members`` (with ``memberships``), ``organizations`` (with ``links``), ``agreements`` and ``disputes`` (with their parts):
  the kinds of several tables
- ``activities``, ``assistance``, ``care``, ``certifications``, ``coverage``, ``fairs``, ``insurance``, ``mediation``, ``relief``,
  ``services``, ``venues``: kinds of one table, a file a slice
- ``kinds``: all of them, by name
- ``write``: the doors, ``write_batch`` and ``write_rows``
"""

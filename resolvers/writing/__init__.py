"""Writing records: one core for every door (a mutation, a bulk mutation, an import), declared once for each kind of record.

- ``values``: types of values, which read them from text
- ``declare``: what a kind of record takes
"""

"""Commands that reorganize unions (组织调整): move them to another parent, merge them, split them (ADR 0061).

In the order in which they import each other:

- ``unions``: the unions of a command, and what must hold of them
- ``transfers``: what goes from one union to another on a day, one statement a table
- ``frame``: what the three commands share: input, transaction, counts, receipt and log entry
- ``move``, ``merge``, ``split``: the commands
"""

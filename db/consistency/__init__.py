"""What is derived from records (closures, members' unions, blind indexes, roll-ups …): checked against the records, and mended.

``checks``  the checks that are one statement, with the statement that mends what one has found
``sealed``  what stands in clear or as a blind index beside sealed values, compared with these
``run``     all checks of a database, and the repair
"""

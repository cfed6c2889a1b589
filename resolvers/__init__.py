"""How each field is answered, one file a slice; and in packages:

engine            plans and runs queries (docs/engine.md)
access            what each caller sees: rows and columns
writing           the core of writing records, and the kinds that are written (docs/imports.md)
reorganizations   commands that move, merge and split unions
commands          all other commands
"""

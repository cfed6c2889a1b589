"""What the commands on the database tell their caller when they cannot go on."""


class DataError(Exception):
    """A command on the database cannot be done; the message says why and what to do."""

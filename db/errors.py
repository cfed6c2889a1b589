"""Errors of commands on the database."""


class DataError(Exception):
    """A command on the database that cannot be done; the message says why and what to do."""

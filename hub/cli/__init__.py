"""The command line: ``unionhub``, or ``python -m hub.cli``.

``commands``           all commands, each of which imports what it needs when it runs
``access``             ``unionhub access``: principals, grants and keys; with ``audit_log`` and ``key_file``
``init``               ``unionhub init``: an empty hub becomes ready
``db``                 ``unionhub db``: migrate, load, generate, repair
``doctor``             ``unionhub doctor``: checks the installation; with ``database_checks``
``demo``, ``explain``  the demonstration; a query with its plan
``imports``            a file is imported; an empty one to begin with
``export``             the list of a query becomes a file
``connection_check``   whether the database can be used, checked before the hub serves
``language``           Chinese on a Chinese terminal, by the texts in ``chinese_help``, ``chinese_errors`` and ``chinese_findings``
``command_hints``      commands inside of messages, such that they can be pasted
"""

import gc

# As the hub's own: what is imported stays, and looking through it takes a tenth of a start.
gc.set_threshold(50_000, 20, 50)

from hub.cli.commands import main  # noqa: E402 — after the line above

__all__ = ["main"]

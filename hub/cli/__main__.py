"""``python -m hub.cli``: the command ``unionhub``."""

from hub.cli.commands import main

main()

"""A plausible federation of any size, the same for the same seed."""

from db.generate.run import Generated, generate, makers

__all__ = ["Generated", "generate", "makers"]

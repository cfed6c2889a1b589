"""The plan: its steps, their SQL statements and the statements' parameters."""

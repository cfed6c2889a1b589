"""What came in: a valid document, its arguments, selections, IDs and cursors, and what it may cost."""

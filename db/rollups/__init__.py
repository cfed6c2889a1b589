"""Roll-ups (docs/adr/0032): how their cells are numbered, and how they are built, folded and compared with the records."""

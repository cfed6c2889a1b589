"""From a question about records to its statement, and from the statement's rows to groups."""

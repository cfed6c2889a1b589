"""The engine: from a document to a plan, from a plan to a response."""

"""From a plan to a response."""

"""From a selection set to a plan."""

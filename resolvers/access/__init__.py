"""What callers see of the hub's rows and columns."""

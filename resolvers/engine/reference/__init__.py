"""The reference executor, with which the tests compare plans."""

"""Encryption of columns: the keys by version, and the vault that seals, opens and finds values with them."""

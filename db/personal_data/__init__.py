"""Personal data of members: the columns written together, the copy for the person, erasure, and key rotation."""

"""Reference data: the divisions from files in ``data/``, and what no file of codes has."""

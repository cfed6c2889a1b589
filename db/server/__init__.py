"""PostgreSQL: the embedded server, connections, migrations, the rights of the login, and COPY."""

"""Alembic's environment: the caller passes a connection, so that no file has the address of a database."""

from alembic import context

from db.models import Model

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Model.metadata, compare_type=True)
with context.begin_transaction():
    context.run_migrations()

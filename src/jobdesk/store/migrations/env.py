"""What Alembic runs: on the connection that :func:`upgrade` began a transaction on."""

from alembic import context

from jobdesk.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite alters most things only by making the table anew.
    render_as_batch=True,
)
context.run_migrations()

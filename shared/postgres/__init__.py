"""PostgreSQL as the services use it: pool, statements, migrations, inbox, outbox, leases, reference copies."""

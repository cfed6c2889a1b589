"""Where the data live: tables, migrations, reference data, loaders, the embedded server."""

"""Where the data live. The models stand here, one file a slice under the same name as in ``resolvers`` and ``schema``, with what they
derive from (``model``), the links of unions (``hierarchies``) and the first rows of a hub (``founding``); all else in rooms:

    columns         what columns of several tables share: text search, units of measurement, industries
    encryption      the keys of encrypted columns, and the vault that seals and opens their values
    security        principals and grants, row-level security, the audit log
    server          the embedded PostgreSQL, connections, migrations as a command, rights of the login, COPY
    personal_data   a member's columns, the copy for a person, erasure, key rotation
    reference       divisions and the periods of the law, with their files
    rollups         how stored counts are numbered and maintained
    consistency     what is derived from records, compared with them and repaired
    generate        a synthetic federation of any size
    page            the rows of a newspaper page of union work, article by article
    demo            the demonstration: a federation with the page, and its personas
    migrations      the revisions of the database, and helpers to write one

``pyproject.toml`` has the order in which they may import one another (docs/adr/0044).
"""

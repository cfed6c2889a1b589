"""The demonstration's story: a newspaper page of union work, article by article, as rows. Persons are synthetic."""

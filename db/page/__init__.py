"""The demonstration's newspaper page of union work, article by article, as rows. All persons are synthetic."""

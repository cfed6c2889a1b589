"""What columns of several tables share: text search, units of measurement, the code list of industries."""

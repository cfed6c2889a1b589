"""What resolver slices declare: sources of rows, fields, statistics, and what of them a caller sees."""

"""Who may see what: principals and grants, row-level security, and the audit log."""

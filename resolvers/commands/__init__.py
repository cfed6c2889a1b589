"""Commands (业务命令): what callers may do, each in one transaction with its entry in the audit log."""

"""The running service: settings, HTTP, command line."""

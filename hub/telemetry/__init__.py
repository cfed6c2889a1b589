"""What operators see: log and metrics.

``requests``         one log line and the metrics of each request
``slow_operations``  logs the plan of operations that are slow
``log_formatters``   log lines in JSON or logfmt
``log_lines``        writes log lines in groups
``tallies``          counters and histograms that each request adds to
``metric_labels``    names of operations and clients in metrics
``collectors``       metrics of pool, caches, process and event loop
"""

"""What a caller may use, and what happens when it is used up.

``document_limits``  depth, aliases and fields of a document
``budget``           points that are refilled over time; failed sign-ins; depth and page size by role
``concurrency``      operations of one caller that run at the same time
``cell_budget``      cells of statistics that a caller with aggregates only gets in a day
"""

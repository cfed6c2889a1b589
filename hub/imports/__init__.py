"""Files in: a file becomes rows, the rows go to ``resolvers.writing`` in batches, and a report says what became of each.

In the order in which a file passes through them:

- ``bad_file``: why a file cannot be read
- ``mapping``: where the columns of another system go
- ``archive``: whether a workbook is whole and of a bearable size, before it is opened
- ``workbooks`` with ``workbook_process``, ``delimited``: bytes → rows of cells, from XLSX and XLS, and from CSV in its encodings
- ``headings``: which row has the headings, and which column is which
- ``table``: a file with its headings, and its rows by the names of the kind's columns
- ``report``: what became of the rows, as JSON and as text
- ``marked_workbook``, ``template``: the sent file with the faulty cells marked; an empty one to begin with; both with ``cells``
- ``described``: what each kind of record takes, as JSON
- ``jobs``, ``progress``: imports as rows, and how far they are
- ``run``: a whole import
"""

"""The engine: from a GraphQL document to SQL, from its rows to a response. The packages are its stages; each imports those above it only.

``request``: what came in.
    ``document``: a valid document and its operations · ``variables``: their values and their shape · ``arguments``: of a field, split into
    what shapes the SQL and what is bound to it · ``wrong_values``: messages about values · ``collect_fields``: which fields are selected
    (GraphQL specification 6.3.2) · ``global_ids`` · ``cursors`` · ``limits``: what compiling may cost.
``plan``: what is kept of a compiled operation.
    ``parameters``: bind parameters and where a run finds their values · ``statement``: SQL with its parameters · ``steps``: one statement
    for all parents each · ``operation``: root fields and their steps · ``connection``: what statements are run with.
``declare``: what slices write.
    ``columns``: expressions and aliases · ``rows``: of a list · ``validity``: which rows hold on a day · ``statistics``: kinds of records,
    dimensions, measures · ``sources``: types and their fields · ``access``: the policy of what callers see · ``registry``: all of it ·
    ``visibility``: the policy in a statement · ``check``: whether schema and registry agree.
``statistics``: from a question about records to a statement and back to groups.
    ``from_arguments``: the question, made whole · ``question``: what it has · ``frames`` and ``times``: its day or period, and when records
    count by it · ``time_buckets`` · ``dimensions`` and ``dimension_keys``: ``groupBy`` · ``conditions``: ``where`` · ``group_limits`` ·
    ``row_layout`` and ``row_marks``: what stands where in a row · ``statement``: all of it, of which ``from_records`` counts records, and
    ``from_rollups`` what is added up (``rollup_source``, ``rollup_parts``, ``rollup_slots``, ``rollup_tables``), both by ``grouping`` ·
    ``groups`` and ``key_values``: from rows to groups. For callers with aggregates only (docs/small-cells.md): ``published`` and
    ``published_periods``, the questions that are let through; ``head``, what a statement looks up once; ``neighbours``,
    ``neighbours_from_rollups`` and ``overlap``, cells that differ by a few; ``cell_keys``, ``digests``, ``noise`` and ``perturbation``.
``compile``: from selections to steps.
    ``operation``: root fields · ``context``: what all parts share · ``fields``: of a type, lists and connections among them ·
    ``selected_columns``: of a statement · ``exported_list``: the one list of an export · ``lists``: which rows a list has, in which
    order · ``filters`` · ``pagination`` · ``row_builders``: the generated Python, the only place of it · ``list_statements``: the page
    and the count · ``json_selection``: what PostgreSQL can write as JSON, ``json_tree`` and ``json_rows``: how it does ·
    ``statistics``: the field.
``execute``: from a plan and values to a response.
    ``engine``: the entry, stage by stage · ``bind`` · ``snapshot``: of the database, in which a run takes place · ``run`` ·
    ``export``: all rows of a list, a piece at a time · ``objects``: how many a run may bring · ``nested_queries``: that computed fields
    run · ``introspection`` · ``explain`` · ``watch``: slow operations · ``faults``: what goes wrong, as the caller sees it.
``reference``: the reference executor, with which the tests compare plans.
"""

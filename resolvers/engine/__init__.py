"""The engine: from a GraphQL document to SQL, from its rows to a response. The packages are its stages; each imports those above it only.

``request``: what came in.
    ``document``: a valid document and its operations · ``arguments``: of a field, split in what shapes the SQL and what is bound to it, and
    the shape of variables · ``wrong_values``: messages about values · ``collect_fields``: which fields are selected (GraphQL specification
    6.3.2) · ``global_ids`` · ``cursors`` · ``limits``: what compiling may cost.
``plan``: what is kept of a compiled operation.
    ``parameters``: bind parameters and where a run finds their values · ``statement``: SQL with its parameters · ``steps``: one statement
    for all parents each · ``operation``: root fields and their steps · ``connection``: what statements are run with.
``declare``: what slices write.
    ``columns``: expressions and aliases · ``rows``: of a list · ``validity``: which rows hold on a day · ``statistics``: kinds of records,
    dimensions, measures · ``sources``: types and their fields · ``access``: the policy of what callers see · ``registry``: all of it ·
    ``sight``: the policy in a statement · ``check``: whether schema and registry agree.
``statistics``: from a question about records to a statement and back to groups.
    ``question``: dimensions and frame · ``periods``: days and periods · ``conditions``: ``where`` · ``parts``: of a statement ·
    ``from_records`` and ``from_rollups``: the statement · ``rollup_slots`` · ``time_buckets`` · ``dimension_keys`` · ``row_layout`` and
    ``row_marks``: what stands where in a row · ``groups``: from rows to groups. For callers with aggregates only (docs/small-cells.md):
    ``published`` and ``published_periods``, what may be asked; ``head``, what a statement finds once; ``neighbours``,
    ``neighbours_from_rollups`` and ``overlap``, cells that differ by a few; ``cell_keys``, ``digests``, ``noise`` and ``perturbation``.
``compile``: from selections to steps.
    ``context``: what all parts share · ``operation``: root fields · ``fields``: of a type · ``lists``: statements of a list · ``filters`` ·
    ``pagination`` · ``statistics``: the field · ``json_rows``: rows that PostgreSQL writes · ``row_builders``: the generated Python, the
    only place of it.
``execute``: from a plan and values to a response.
    ``engine``: the door · ``bind`` · ``run`` · ``objects``: how many a run may bring · ``snapshot``: one moment of the database ·
    ``nested_queries``: that fields ask · ``introspection`` · ``explain`` · ``watch``: slow operations · ``faults``: what goes wrong, as the
    caller sees it.
``reference``: the reference executor, with which the tests compare plans.
"""

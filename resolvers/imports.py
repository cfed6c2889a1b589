"""Source of imports of files; ``hub.imports`` makes them, ``GET /imports/jobs`` shows them too."""

from sqlalchemy import Text, case, cast, literal

from db.imports import ImportJob
from resolvers.engine.declare.sources import Lookup, Many, One, Source
from resolvers.registry import registry
from resolvers.relations import Within

REPORT_ADDRESS = case((ImportJob.report.is_not(None), literal("/imports/jobs/").concat(cast(ImportJob.id, Text))))
"""The path of the report, as long as it is kept."""

registry.add(
    Source(
        ImportJob,
        "import",
        columns={"report_address": REPORT_ADDRESS},
        hide=("organization_id", "report"),
        fields={"organization": One("Organization", ImportJob.organization_id)},
    )
)
registry.root("import_job", Lookup("ImportJob", {"id": ImportJob.id}))
registry.root("import_jobs", Many("ImportJob", Within(ImportJob.organization_id)))

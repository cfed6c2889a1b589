"""Source of the audit log's entries; ``resolvers.access.row_access`` says which of them each caller sees."""

from sqlalchemy import Text, literal_column
from sqlalchemy.dialects.postgresql import ARRAY

from db.access import AccessLog
from resolvers.engine.declare.sources import Many, Source
from resolvers.registry import registry
from resolvers.relations import AllVisible

FIELDS = literal_column("ARRAY(SELECT jsonb_array_elements_text(access_log.fields))", ARRAY(Text()))

registry.add(
    Source(
        AccessLog,
        "log",
        columns={"fields": FIELDS},
        hide=("records", "source", "previous", "digest"),
    )
)
registry.root("access_log", Many("AccessLog", AllVisible()))

"""The entry of an export in the audit log: who, which list, which operation, as which file."""

import orjson

from db.encryption.vault import Secret
from db.security.audit_log import Entry
from hub.exports.forms import Format
from hub.parameters import Parameters
from resolvers.commands.context import CommandContext, log, transaction
from resolvers.engine.compile.exported_list import ExportedList

DIGEST = Secret("access_log", "fields")
"""The digest of an operation is keyed, because the values in it may be names, which a plain hash would let others guess."""


async def log_export(context: CommandContext, parameters: Parameters, exported: ExportedList, format_: Format) -> None:
    """Write and commit the entry. ``fields`` has the list, the format, and a keyed digest of document, operation name and variables."""
    whole = [parameters.query, parameters.operation_name, parameters.variables]
    text = orjson.dumps(whole, option=orjson.OPT_SORT_KEYS).decode()
    digest = context.vault.sealer(DIGEST).index(text).hex()
    roles = ", ".join(sorted({grant.role.name for grant in context.caller.grants})) or None
    fields = [exported.field, format_.name, f"DIGEST {digest}"]
    async with transaction(context) as connection:
        await log(connection, context, Entry("EXPORT_LIST", role=roles, fields=fields))

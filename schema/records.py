"""Fields of records: their version, the time of their last change, and their number in the system that they come from."""

from datetime import datetime

import strawberry

from schema.fields import field


@strawberry.type(description="A record with versions (有版本的记录)")
class Versioned:
    """Fields of every record that is written, mixed into its type."""

    version: int = field(
        "Version: 1 when it was written, and one more with every change; `expectedVersion` names it (版本号)"
    )
    changed_at: datetime = field("Time of the last change: when the transaction that made it began (最近变更时间)")


@strawberry.type(description="A record that may come from another system (可来自其他系统的记录)")
class Sourced:
    """Fields of records that may come from another system, mixed into their types."""

    source_system: str | None = field("The system that it comes from (来源系统)")
    source_number: str | None = field("Its number in that system (来源编号)")

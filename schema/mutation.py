"""The root of all writing (操作)."""

import strawberry

from schema.access import AccessMutation
from schema.personal import PersonalDataMutation


@strawberry.type(description="The root of all writing (操作入口)")
class Mutation(AccessMutation, PersonalDataMutation):
    """The root of all writing."""

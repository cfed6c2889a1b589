"""The root of all writing (操作)."""

import strawberry

from schema.access import AccessMutation
from schema.personal import PersonalDataMutation
from schema.verify import VerifyMutation


@strawberry.type(description="The root of all writing (操作入口)")
class Mutation(AccessMutation, PersonalDataMutation, VerifyMutation):
    """The root of all writing."""

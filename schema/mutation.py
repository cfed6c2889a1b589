"""The root of all writing (操作)."""

import strawberry

from schema.grants import GrantsMutation
from schema.personal import PersonalDataMutation
from schema.verify import VerifyMutation


@strawberry.type(description="The root of all writing (操作入口)")
class Mutation(GrantsMutation, PersonalDataMutation, VerifyMutation):
    """The root of all writing."""

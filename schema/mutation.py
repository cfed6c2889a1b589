"""The root of all writing (操作)."""

import strawberry

from schema.export import ExportMutation
from schema.grants import GrantsMutation
from schema.reorganizations import ReorganizationsMutation
from schema.reveal import RevealMutation
from schema.subject_requests import SubjectRequestsMutation
from schema.verify import VerifyMutation
from schema.writing import WritingMutation


@strawberry.type(description="The root of all writing (操作入口)")
class Mutation(
    GrantsMutation,
    RevealMutation,
    SubjectRequestsMutation,
    ExportMutation,
    VerifyMutation,
    WritingMutation,
    ReorganizationsMutation,
):
    """The root of all writing."""

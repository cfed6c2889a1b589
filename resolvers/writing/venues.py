"""Venues, as records that are written."""

from db.venues import Venue, VenueKind
from resolvers.writing.columns import SOURCE, TERM, column, division, employer, source, term, union
from resolvers.writing.declare import Heading, TableKind
from resolvers.writing.values import CodeType, TextType

VENUES = TableKind(
    name="venues",
    record="Venue",
    heading=Heading("Venues", "场所", ("阵地", "驿站")),
    model=Venue,
    columns=(
        *source("场所编号", example="CS2023001"),
        column("name", "Name", "场所名称", TextType(), "名称", "驿站名称", required=True, example="文三路户外劳动者驿站"),
        column("kind", "Kind", "场所类型", CodeType(VenueKind), "类型", required=True, example="STATION"),
        union("管理工会"),
        division(required=True),
        employer("Employer", "所在单位"),
        column("address", "Address", "地址", TextType(), "详细地址", example="文三路 1 号"),
        *term(),
    ),
    natural_keys=(SOURCE, ("union", "name")),
    orders=(TERM,),
)  # fmt: skip

"""The peer: the benchmark's operations on the stock stack, as its guides say to build it for speed.

Strawberry's own ASGI view on uvicorn with uvloop and httptools; documents parsed and validated once (ParserCache,
ValidationCache); JSON by orjson; a DataLoader for every relation and page, made anew for each request; each batch one
prepared statement on asyncpg, with per-parent pages by LATERAL; the hub's own pool settings. The statements join and
order as the hub's do, so what differs is what happens around them. It does not ask for a token, limit, log or count.

    python -m bench.peer POSTGRESQL_URL PORT
"""

import asyncio
import base64
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import date
from typing import Annotated, Any, Generic, TypeVar, Union

import asyncpg
import orjson
import strawberry
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.dataloader import DataLoader
from strawberry.extensions import ParserCache, ValidationCache

from bench import peer_sql as sql
from db.clock import today
from db.connect import create_pool
from db.disputes import DisputeCause, DisputePhase, DisputeStatus, PartyRole
from db.insurance import InsuranceScheme
from db.members import Sex, WorkerType
from db.organizations import OrganizationForm, OrganizationKind, OrganizationLevel, OrganizationStatus

for _enum in (
    *(DisputeCause, DisputePhase, DisputeStatus, PartyRole, InsuranceScheme, Sex, WorkerType),
    *(OrganizationForm, OrganizationKind, OrganizationLevel, OrganizationStatus),
):
    strawberry.enum(_enum)

ROWS = 200
"""The largest page."""

Row = asyncpg.Record
T = TypeVar("T")


class Context:
    """One request: the pool, and a loader for each relation with each set of arguments that the request uses."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool = pool
        self.loaders: dict[tuple[Any, ...], DataLoader[int, Any]] = {}

    def one(self, statement: str, make: Callable[[Row], T]) -> DataLoader[int, T | None]:
        """Loads rows by key."""
        loader = self.loaders.get((statement,))
        if loader is None:

            async def load(keys: Sequence[int]) -> list[T | None]:
                found = {row["id"]: make(row) for row in await self.pool.fetch(statement, keys)}
                return [found.get(key) for key in keys]

            loader = self.loaders[(statement,)] = DataLoader(load_fn=load)
        return loader

    def page(
        self, statement: str, make: Callable[[Row], T], first: int, *arguments: Any
    ) -> "DataLoader[int, Connection[T]]":
        """Loads the first rows of a list for each parent."""
        loader = self.loaders.get((statement, first, arguments))
        if loader is None:

            async def load(keys: Sequence[int]) -> list[Connection[T]]:
                groups: dict[int, list[Row]] = {key: [] for key in keys}
                for row in await self.pool.fetch(statement, keys, sized(first) + 1, *arguments):
                    groups[row["parent"]].append(row)
                return [connection(groups[key], make, first) for key in keys]

            loader = self.loaders[(statement, first, arguments)] = DataLoader(load_fn=load)
        return loader


Info = strawberry.Info[Context, None]


@strawberry.type
class PageInfo:
    """Where a page ends."""

    has_next_page: bool
    end_cursor: str | None


@strawberry.type
class Connection(Generic[T]):
    """A page of a list."""

    nodes: list[T]
    page_info: PageInfo


def sized(first: int) -> int:
    """A page size within bounds."""
    if not 0 <= first <= ROWS:
        raise ValueError(f"first must be 0 to {ROWS}")
    return first


def connection(rows: list[Row], make: Callable[[Row], T], first: int) -> Connection[T]:
    """A page of these rows, of which there is one too many when more follow."""
    page = rows[:first]
    end = base64.b64encode(str(page[-1]["id"]).encode()).decode() if page else None
    return Connection(nodes=[make(row) for row in page], page_info=PageInfo(has_next_page=len(rows) > first, end_cursor=end))


def key_of(text: str, prefix: str) -> int:
    """The key in a global ID."""
    head, _, tail = text.partition("_")
    if head != prefix:
        raise ValueError(f"{text} is not the ID of this type")
    return int(tail, 16)


@strawberry.type
class InsuranceEnrolment:
    """Enrolment of a worker in a scheme."""

    id: strawberry.ID
    scheme: InsuranceScheme
    cohort: int | None
    valid_from: date
    valid_to: date | None

    @classmethod
    def of(cls, row: Row) -> "InsuranceEnrolment":
        """The object of a row."""
        return cls(
            id=strawberry.ID(f"ins_{row['id']:x}"),
            scheme=InsuranceScheme[row["scheme"]],
            cohort=row["cohort"],
            valid_from=row["valid_from"],
            valid_to=row["valid_to"],
        )


@strawberry.type
class Member:
    """Member of a union."""

    key: strawberry.Private[int]
    id: strawberry.ID
    name: str
    sex: Sex
    birth_year: int | None
    worker_type: WorkerType
    is_migrant_worker: bool
    is_model_worker: bool

    @strawberry.field
    async def insurance_enrolments(self, info: Info, first: int = 20) -> Connection[InsuranceEnrolment]:
        """Enrolments, by key."""
        return await info.context.page(sql.ENROLMENTS, InsuranceEnrolment.of, first).load(self.key)

    @classmethod
    def of(cls, row: Row) -> "Member":
        """The object of a row."""
        return cls(
            key=row["id"],
            id=strawberry.ID(f"mem_{row['id']:x}"),
            name=row["name"],
            sex=Sex[row["sex"]],
            birth_year=row["birth_year"],
            worker_type=WorkerType[row["worker_type"]],
            is_migrant_worker=row["is_migrant_worker"],
            is_model_worker=row["is_model_worker"],
        )


@strawberry.type
class Employer:
    """Employer."""

    id: strawberry.ID
    name: str

    @classmethod
    def of(cls, row: Row) -> "Employer":
        """The object of a row."""
        return cls(id=strawberry.ID(f"emp_{row['id']:x}"), name=row["name"])


DisputeSubject = Annotated[Union[Member, Employer, "Organization"], strawberry.union("DisputeSubject")]  # noqa: UP007


@strawberry.type
class DisputeParty:
    """Party to a case."""

    row: strawberry.Private[Row]
    id: strawberry.ID
    role: PartyRole
    name: str

    @strawberry.field
    async def subject(self, info: Info) -> DisputeSubject | None:
        """The member, employer or union that the party is."""
        row = self.row
        if row["member_id"] is not None:
            return await info.context.one(sql.MEMBER, Member.of).load(row["member_id"])
        if row["employer_id"] is not None:
            return await info.context.one(sql.EMPLOYER, Employer.of).load(row["employer_id"])
        if row["organization_id"] is not None:
            return await info.context.one(sql.ORGANIZATION, Organization.of).load(row["organization_id"])
        return None

    @classmethod
    def of(cls, row: Row) -> "DisputeParty":
        """The object of a row."""
        return cls(row=row, id=strawberry.ID(f"dparty_{row['id']:x}"), role=PartyRole[row["role"]], name=row["name"])


@strawberry.input
class PartyRoleChoice:
    """A condition on a role."""

    eq: PartyRole


@strawberry.input
class DisputePartyFilter:
    """A condition on parties."""

    role: PartyRoleChoice


@strawberry.type
class DisputeCase:
    """Dispute case."""

    key: strawberry.Private[int]
    id: strawberry.ID
    number: str
    cause: DisputeCause
    phase: DisputePhase
    status: DisputeStatus
    received_on: date
    closed_on: date | None

    @strawberry.field
    async def parties(
        self, info: Info, first: int = 20, filter: DisputePartyFilter | None = None
    ) -> Connection[DisputeParty]:
        """Parties, by key."""
        role = filter.role.eq.name if filter else None
        return await info.context.page(sql.PARTIES, DisputeParty.of, first, role).load(self.key)

    @classmethod
    def of(cls, row: Row) -> "DisputeCase":
        """The object of a row."""
        return cls(
            key=row["id"],
            id=strawberry.ID(f"case_{row['id']:x}"),
            number=row["number"],
            cause=DisputeCause[row["cause"]],
            phase=DisputePhase[row["phase"]],
            status=DisputeStatus[row["status"]],
            received_on=row["received_on"],
            closed_on=row["closed_on"],
        )


@strawberry.input
class OrganizationKindChoice:
    """A condition on a kind."""

    eq: OrganizationKind


@strawberry.input
class IdFilter:
    """A condition on an ID."""

    in_: list[strawberry.ID] = strawberry.field(name="in")


@strawberry.input
class OrganizationFilter:
    """A condition on unions."""

    kind: OrganizationKindChoice | None = None
    id: IdFilter | None = None


@strawberry.type
class Organization:
    """Union."""

    key: strawberry.Private[int]
    id: strawberry.ID
    name: str
    level: OrganizationLevel
    kind: OrganizationKind
    form: OrganizationForm
    status: OrganizationStatus
    industry: str | None
    credit_code: str | None
    established_on: date | None
    dissolved_on: date | None

    @strawberry.field
    async def children(
        self, info: Info, first: int = 20, filter: OrganizationFilter | None = None
    ) -> Connection["Organization"]:
        """Unions right below in the territorial hierarchy, today."""
        kind = filter.kind.eq.name if filter and filter.kind else None
        return await info.context.page(sql.CHILDREN, Organization.of, first, kind, today()).load(self.key)

    @strawberry.field
    async def members(self, info: Info, first: int = 20) -> Connection[Member]:
        """Members of the subtree, today."""
        return await info.context.page(sql.MEMBERS_WITHIN, Member.of, first, today()).load(self.key)

    @strawberry.field
    async def dispute_cases(self, info: Info, first: int = 20) -> Connection[DisputeCase]:
        """Cases of the subtree."""
        return await info.context.page(sql.CASES_WITHIN, DisputeCase.of, first, today()).load(self.key)

    @classmethod
    def of(cls, row: Row) -> "Organization":
        """The object of a row."""
        return cls(
            key=row["id"],
            id=strawberry.ID(f"org_{row['id']:x}"),
            name=row["name"],
            level=OrganizationLevel[row["level"]],
            kind=OrganizationKind[row["kind"]],
            form=OrganizationForm[row["form"]],
            status=OrganizationStatus[row["status"]],
            industry=row["industry"],
            credit_code=row["credit_code"],
            established_on=row["established_on"],
            dissolved_on=row["dissolved_on"],
        )


@strawberry.type
class Query:
    """Where queries start."""

    @strawberry.field
    async def organization(self, info: Info, id: strawberry.ID) -> Organization | None:
        """A union by its ID."""
        return await info.context.one(sql.ORGANIZATION, Organization.of).load(key_of(id, "org"))

    @strawberry.field
    async def organizations(
        self, info: Info, filter: OrganizationFilter, first: int = 20
    ) -> Connection[Organization]:
        """Unions by their IDs."""
        keys = [key_of(text, "org") for text in filter.id.in_] if filter.id else []
        rows = await info.context.pool.fetch(sql.ORGANIZATIONS, keys, sized(first) + 1)
        return connection(rows, Organization.of, first)

    @strawberry.field
    async def members(self, info: Info, first: int = 20, after: str | None = None) -> Connection[Member]:
        """Members of today, by key."""
        place = int(base64.b64decode(after)) if after else 0
        rows = await info.context.pool.fetch(sql.MEMBERS, place, sized(first) + 1, today())
        return connection(rows, Member.of, first)


class View(GraphQL[Context, None]):
    """Strawberry's view with orjson, and loaders of each request's own."""

    pool: asyncpg.Pool

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:
        """The context of one request."""
        return Context(self.pool)

    def decode_json(self, data: str | bytes) -> object:
        """Read JSON."""
        return orjson.loads(data)

    def encode_json(self, data: object) -> bytes:
        """Write JSON."""
        return orjson.dumps(data)


schema = strawberry.Schema(Query, extensions=[ParserCache, ValidationCache])


def app(url: str) -> Starlette:
    """The application on the database at ``url``."""
    view = View(schema, graphql_ide=None)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        view.pool = await create_pool(url)
        yield
        await view.pool.close()

    return Starlette(routes=[Route("/graphql", view, methods=["POST"])], lifespan=lifespan)


if __name__ == "__main__":
    server = uvicorn.Server(
        uvicorn.Config(
            app(sys.argv[1]),
            host="127.0.0.1",
            port=int(sys.argv[2]),
            loop="uvloop",
            http="httptools",
            ws="none",
            log_level="warning",
            access_log=False,
        )
    )
    with asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
        runner.run(server.serve())

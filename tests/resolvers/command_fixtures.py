"""Fixtures of the tests of commands: a hub with callers of several roles, the commands' documents, and the access log."""

import base64
import json
import zlib
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from inspect import isawaitable
from typing import Any

import asyncpg
import pytest
import strawberry
from graphql import DocumentNode, execute, parse, validate
from strawberry.schema.config import StrawberryConfig

from db.access import Role
from db.clock import today
from db.encryption.vault import Sealed, Vault
from db.input_values import luhn
from db.organizations import Hierarchy
from db.security.row_security import CLERK
from db.server.connect import acquired
from resolvers.access.callers import Caller, Grant
from resolvers.commands.context import CommandContext, CommandOptions
from resolvers.engine.execute.engine import Engine
from resolvers.engine.request import global_ids
from schema import Names, registry, schema
from schema.mutation import Mutation
from schema.query import Query
from schema.scalars import DATE, DATE_TIME, DECIMAL
from tests.resolvers.parsed_documents import document

SCHEMA = strawberry.Schema(
    query=Query,
    mutation=Mutation,
    config=StrawberryConfig(name_converter=Names(), scalar_map={date: DATE, datetime: DATE_TIME, Decimal: DECIMAL}),
)
REVEAL = """mutation Reveal($input: RevealInput!) { reveal(input: $input) {
  members { id name birthDate residentNumber phone bankCard } errors { code message path } } }"""
REQUEST = "id memberId kind openedOn dueOn closedOn outcome proposedFields errors { code message path }"
OPEN = f"mutation Open($input: OpenSubjectRequestInput!) {{ openSubjectRequest(input: $input) {{ {REQUEST} }} }}"
CLOSE = f"mutation Close($input: CloseSubjectRequestInput!) {{ closeSubjectRequest(input: $input) {{ {REQUEST} }} }}"
DECIDE = f"mutation Decide($input: DecideCorrectionInput!) {{ decideCorrection(input: $input) {{ {REQUEST} }} }}"
READ_DOCUMENT = """mutation Read($input: ReadRequestDocumentInput!) { readRequestDocument(input: $input) {
  number receivedOn type digest scan errors { code message path } } }"""
EXPORT = """mutation Export($input: ExportMyDataInput!) { exportMyData(input: $input) {
  document errors { code message path } } }"""

CARD = "620000123456789012" + luhn("620000123456789012")
"""The number of a bank card."""


async def payload_of(context: CommandContext, document: str, given: dict[str, Any]) -> dict[str, Any]:
    """The payload of the one command in the document; it must not err otherwise."""
    result = execute(SCHEMA._schema, validated(document), variable_values={"input": given}, context_value=context)
    if isawaitable(result):
        result = await result
    if result.errors:
        raise result.errors[0]
    assert result.data is not None
    payload: dict[str, Any] = next(iter(result.data.values()))
    return payload


@dataclass
class Hub:
    """A hub on a database with two county federations that share no member."""

    pool: asyncpg.Pool
    """Of the tables' owner."""
    served: asyncpg.Pool
    """As the hub has it."""
    vault: Vault
    county: int
    others: int
    members: list[int] = field(default_factory=list)
    strangers: list[int] = field(default_factory=list)
    options: CommandOptions = field(default_factory=CommandOptions)

    def federation(self, union: int | None = None, name: str = "county official", member: int | None = None) -> Caller:
        """An official; another name is another principal, and ``member`` the person who it is."""
        grant = Grant(Role.FEDERATION, union or self.county, Hierarchy.TERRITORIAL)
        return Caller(name, principal_id=2 * 10**9 + zlib.crc32(name.encode()), grants=(grant,), member_id=member)

    def worker(self, member: int) -> Caller:
        return Caller(f"worker {member}", principal_id=10**9 + member, grants=(Grant(Role.WORKER),), member_id=member)

    async def signs_in(self, caller: Caller) -> None:
        """The caller is a principal, as whoever signs in is."""
        there = await self.pool.fetchval("SELECT EXISTS (SELECT FROM member WHERE id = $1)", caller.member_id)
        await self.pool.execute(
            "INSERT INTO principal (id, name, kind, member_id) VALUES ($1, $2, 'PERSON', $3) ON CONFLICT DO NOTHING",
            caller.principal_id,
            caller.name,
            caller.member_id if there else None,
        )

    async def ask(
        self, document: str, given: dict[str, Any], caller: Caller, day: date | None = None
    ) -> dict[str, Any]:
        """The payload of the one command in the document; it must not err otherwise."""
        if self.county and caller.principal_id is not None:
            await self.signs_in(caller)
        context = CommandContext(
            self.served, caller, day or today(), self.vault, {"source": "192.0.2.7", "operation": "Op"}, self.options
        )
        return await payload_of(context, document, given)

    async def codes(self, document: str, given: dict[str, Any], caller: Caller, day: date | None = None) -> list[str]:
        """The codes of the errors in the payload, which has nothing else in it."""
        payload = await self.ask(document, given, caller, day)
        assert not any(value for name, value in payload.items() if name != "errors"), payload
        return [error["code"] for error in payload["errors"]]

    async def log(self) -> list[dict[str, Any]]:
        """The entries of the log."""
        rows = await self.pool.fetch("SELECT * FROM access_log ORDER BY id")
        return [{**row, "records": json.loads(row["records"]), "fields": json.loads(row["fields"])} for row in rows]

    async def actions(self) -> list[str]:
        return [entry["action"] for entry in await self.log()]

    def limited(self, limit: int) -> "Hub":
        return replace(self, options=CommandOptions(reveal_daily_limit=limit))


@cache
def validated(text: str) -> DocumentNode:
    """A document, parsed and validated once.

    Raises:
        GraphQLError: it is not valid.
    """
    ast = parse(text)
    for error in validate(SCHEMA._schema, ast):
        raise error
    return ast


UNIONS = """SELECT o.id, array_agg(DISTINCT s.member_id ORDER BY s.member_id) AS members
FROM organization o JOIN territorial_closure c ON c.ancestor_id = o.id AND c.valid_to IS NULL
JOIN membership s ON s.organization_id = c.descendant_id AND s.valid_to IS NULL AND s.valid_from <= current_date
WHERE o.level = 'COUNTY' GROUP BY o.id HAVING count(*) >= 5 ORDER BY o.id LIMIT 2"""


async def hub(pool: asyncpg.Pool, served: asyncpg.Pool, vault: Vault) -> Hub:
    """The hub on a copy of the template."""
    first, second = await pool.fetch(UNIONS)
    return Hub(pool, served, vault, first["id"], second["id"], first["members"], second["members"])


def gids(keys: list[int], prefix: str = "mem") -> list[str]:
    return [global_ids.encode(prefix, key) for key in keys]


def on_paper(
    number: str = "信收〔2026〕12号", scan: bytes = b"%PDF-1.7 signed", day: date | None = None
) -> dict[str, Any]:
    """The paper that a union attaches to a request."""
    return {"number": number, "receivedOn": str(day or today()), "scan": base64.b64encode(scan).decode()}


def asked(keys: list[int], **more: Any) -> dict[str, Any]:
    return {"ids": gids(keys), "fields": ["PHONE", "NAME"], "purpose": "SERVICE_CONTACT", **more}


async def opened(here, member, kind="CORRECTION", caller=None):
    """An open request of the person, or on paper by an official; its ID."""
    given = {"kind": kind, "detail": "银行卡号有误"}
    if caller is not None:
        given |= {"memberId": gids([member])[0], "document": on_paper()}
    made = await here.ask(OPEN, given, caller or here.worker(member))
    assert made["errors"] == []
    return made["id"]


async def closes(here, request, caller, **more):
    """Close a request as granted; the codes of the errors."""
    payload = await here.ask(CLOSE, {"id": request, "resolution": "GRANTED", **more}, caller)
    return [error["code"] for error in payload["errors"]]


async def decides(here, request, caller, decision="APPROVED", **more):
    payload = await here.ask(DECIDE, {"id": request, "decision": decision, **more}, caller)
    return [error["code"] for error in payload["errors"]]


async def held(here, member):
    """The row of a member."""
    return dict(await here.pool.fetchrow("SELECT * FROM member WHERE id = $1", member))


async def clear(here, member, secret):
    sealed = await here.pool.fetchval(f"SELECT {secret.column} FROM member WHERE id = $1", member)
    return here.vault.open([Sealed("member", secret.column, member, sealed)])[0]


async def change(here, member, **values):
    """Have values changed by two officials, as they are meant to be."""
    request = await opened(here, member)
    assert await closes(here, request, here.federation(), corrections=values) == []
    assert await decides(here, request, here.federation(name="second"), corrections=values) == []


async def sql(here, caller, *statements, clerk=False):
    """Send statements as the service's role, under a caller's scope, in one transaction."""
    if caller.principal_id is not None:
        await here.signs_in(caller)
    async with acquired(here.served, caller.scope) as connection, connection.transaction():
        if clerk:
            await connection.execute(f"SET LOCAL ROLE {CLERK}")
        for statement, *values in statements:
            await connection.execute(statement, *values)


async def refused(here, caller, *statements, clerk=False):
    with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.CheckViolationError)):
        await sql(here, caller, *statements, clerk=clerk)


def key(text):
    return int(text.partition("_")[2], 16)


async def read(here, text, caller):
    engine = Engine(schema._schema, registry, here.served, max_objects=25_000)
    response = json.loads((await engine.execute(document(text), None, {}, caller=caller)).body)
    assert "errors" not in response, response
    return next(iter(response["data"].values()))


async def refused_entry(here, caller, purpose, reference, members, action="REVEAL"):
    """The database takes no entry, so that nothing could be answered if the first wall had let it through."""
    await here.signs_in(caller)
    async with acquired(here.served, caller.scope) as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="on a ground that exists"):
            await connection.execute(
                "INSERT INTO access_log (id, at, principal, action, purpose, case_reference, records, fields, previous, digest)"
                " VALUES (1, now(), $1, $2, $3, $4, $5, '[]', 'x', 'x')",
                caller.name, action, purpose, reference, json.dumps(gids(members)),
            )  # fmt: skip


async def payable(here, member, union=None, **more):
    """A grant of the county's to a member, approved and unpaid: its ID."""
    values = {
        "organization_id": union or here.county, "member_id": member, "kind": "RELIEF", "status": "APPROVED", "amount": 500,
        "applied_on": today(), "approved_on": today(), "paid_on": None, "division_id": 1, **more,
    }  # fmt: skip
    values["division_id"] = await here.pool.fetchval("SELECT min(id) FROM division")
    marks = ", ".join(f"${place}" for place in range(1, len(values) + 1))
    made = await here.pool.fetchval(
        f"INSERT INTO aid_grant ({', '.join(values)}) VALUES ({marks}) RETURNING id", *values.values()
    )
    return f"aid_{made:x}"

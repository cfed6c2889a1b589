"""Sign-in: who a request is of, what is refused and how, and that a change of access takes effect at once."""

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any

import asyncpg
import httpx
import pytest

from db.access import PrincipalKind, Role
from db.clock import today
from db.organizations import Hierarchy
from db.security.grants import ProposedGrant, grant, revoke
from db.security.principals import create_key, create_principal, disable_principal, revoke_key
from db.server.connect import create_pool
from hub.app import issuers_of
from hub.authentication import authenticator, principal_reader
from hub.authentication.authenticator import Authenticator, RefusedSignIn, write_refusals_to_audit_log
from hub.authentication.principal_reader import PrincipalReader
from hub.errors import Refusal
from hub.limits.budget import FAILURES
from hub.settings import Settings
from resolvers.access.callers import PUBLIC, Lens
from tests.hub.conftest import RESPONSE, TOKEN, ToyEngine, code_of
from tests.tokens import let_in, token

JSON = {"content-type": "application/json", "accept": RESPONSE}
SOURCE = "192.0.2.7"


async def ask(client: httpx.AsyncClient, query: str, *authorization: str, **headers: str) -> httpx.Response:
    given = [*JSON.items(), *headers.items(), *(("authorization", value) for value in authorization)]
    return await client.post("/graphql", content=json.dumps({"query": query}), headers=given)


async def test_valid_token_names_the_caller(client: httpx.AsyncClient, engine: ToyEngine) -> None:
    for value in (f"Bearer {TOKEN}", f"bearer {TOKEN}", f"BEARER  {TOKEN} "):
        assert (await ask(client, "{ word }", value)).status_code == 200
        assert engine.calls[-1]["caller"].name == "national"
        assert engine.calls[-1]["caller"].everything


@pytest.mark.parametrize(
    ("values", "code"),
    [
        (["Bearer wrong"], "UNAUTHENTICATED"),
        (["Bearer"], "UNAUTHENTICATED"),
        (["Bearer "], "UNAUTHENTICATED"),
        ([""], "WRONG_TOKEN_KIND"),
        (["Basic dXNlcjpwYXNz"], "WRONG_TOKEN_KIND"),
        ([TOKEN], "WRONG_TOKEN_KIND"),
        ([f"Bearer {TOKEN} {TOKEN}"], "SEVERAL_TOKENS"),
        ([f"Bearer {TOKEN}, Bearer {TOKEN}"], "SEVERAL_TOKENS"),
        ([f"Bearer {TOKEN},{TOKEN}"], "SEVERAL_TOKENS"),
        ([f"Bearer {TOKEN}", f"Bearer {TOKEN}"], "SEVERAL_TOKENS"),
        ([f"Bearer {TOKEN}", "Bearer wrong"], "SEVERAL_TOKENS"),
        ([f"Bearer {TOKEN}x"], "BAD_SIGNATURE"),
        ([f"Bearer {TOKEN[:-8]}"], "BAD_SIGNATURE"),
        (["Bearer eyJ" + "x" * 10_000], "BAD_TOKEN"),
        (["Bearer uh_x"], "UNKNOWN_API_KEY"),
        (["Bearer uh_00000000_" + "x" * 43], "UNKNOWN_API_KEY"),
        (["Bearer uh_" + "x" * 5_000], "UNKNOWN_API_KEY"),
        ([f"Bearer {token('nobody')}"], "UNKNOWN_PRINCIPAL"),
        ([f"Bearer {token(aud='other')}"], "WRONG_AUDIENCE"),
        ([f"Bearer {token(iss='https://evil.example')}"], "WRONG_ISSUER"),
        ([f"Bearer {token(exp=int(time.time()) - 3_600)}"], "TOKEN_EXPIRED"),
        ([f"Bearer {token(header={'kid': 'other'})}"], "UNKNOWN_KEY"),
    ],
)
async def test_anything_else_is_401_with_a_challenge(
    client: httpx.AsyncClient, engine: ToyEngine, values: list[str], code: str
) -> None:
    response = await ask(client, "{ __typename }", *values)
    assert (response.status_code, code_of(response)) == (401, code)
    assert response.headers["www-authenticate"].startswith("Bearer")
    assert engine.calls == []


async def test_caller_without_a_token_is_the_public_analyst(client: httpx.AsyncClient, engine: ToyEngine) -> None:
    response = await ask(client, "{ word }", **{"x-unionhub-explain": "1"})
    assert response.status_code == 200
    assert engine.calls[-1]["caller"] is PUBLIC
    assert engine.calls[-1]["explain"] is False
    assert engine.calls[-1]["allowance"].objects == 10_000


async def test_public_analyst_can_be_switched_off(settings: Settings) -> None:
    who = Authenticator(offline(), issuers_of(settings), public=False)
    assert who.known([]) is None
    with pytest.raises(Refusal) as caught:
        await who.sign_in([], SOURCE)
    assert (caught.value.status, caught.value.code) == (401, "UNAUTHENTICATED")
    assert "unionhub token national" in caught.value.message


async def test_token_in_the_address_is_no_token(client: httpx.AsyncClient, engine: ToyEngine) -> None:
    parameters = {"query": "{ word }", "access_token": "wrong", "token": TOKEN}
    assert (await client.get("/graphql", params=parameters, headers={"accept": RESPONSE})).status_code == 200
    assert engine.calls[-1]["caller"] is PUBLIC


async def test_answers_say_what_is_left_of_the_budget(client: httpx.AsyncClient) -> None:
    response = await ask(client, "{ word }", f"Bearer {TOKEN}")
    assert response.headers["ratelimit-policy"] == '"cost";q=5000000;w=60'
    left = int(response.headers["ratelimit"].removeprefix('"cost";r=').partition(";")[0])
    assert 4_900_000 < left < 5_000_000


async def test_failures_end_in_429_but_never_for_a_good_token(client: httpx.AsyncClient) -> None:
    assert (await ask(client, "{ word }", f"Bearer {TOKEN}")).status_code == 200
    for _ in range(FAILURES):
        assert (await ask(client, "{ word }", "Bearer wrong")).status_code == 401
    response = await ask(client, "{ word }", "Bearer wrong")
    assert (response.status_code, code_of(response)) == (429, "TOO_MANY_FAILURES")
    assert int(response.headers["retry-after"]) >= 1
    assert (await ask(client, "{ word }", f"Bearer {token()}", f"Bearer {token()}")).status_code == 429
    assert (await ask(client, "{ word }", f"Bearer {TOKEN}")).status_code == 200
    assert (await ask(client, "{ word }", f"Bearer {token(jti='never seen before')}")).status_code == 200
    assert (await ask(client, "{ word }")).status_code == 200


async def test_failures_that_are_held_back_are_not_logged(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "unionhub.auth"):
        for _ in range(FAILURES + 20):
            await ask(client, "{ word }", "Bearer wrong")
    assert len([record for record in caplog.records if record.name == "unionhub.auth"]) == FAILURES


async def test_refusal_is_logged_without_the_token(client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "unionhub.auth"):
        await ask(client, "{ word }", f"Bearer {token('nobody')}")
    (line,) = [record for record in caplog.records if record.name == "unionhub.auth"]
    assert (vars(line)["code"], vars(line)["source"]) == ("UNKNOWN_PRINCIPAL", "127.0.0.1")
    assert "eyJ" not in str(vars(line))


def offline() -> PrincipalReader:
    class Offline(PrincipalReader):
        is_fresh = True

        async def refresh(self) -> None:
            return None

    return Offline(None)  # type: ignore[arg-type]


# from here on with the database


@pytest.fixture
async def pool(new_database: Callable[[str], str], template: str) -> AsyncIterator[asyncpg.Pool]:
    made = await create_pool(new_database(template), size=4)
    yield made
    await made.close()


class Recorded(list[RefusedSignIn]):
    async def __call__(self, refused: RefusedSignIn) -> None:
        self.append(refused)


@pytest.fixture
def told() -> Recorded:
    return Recorded()


@pytest.fixture
def who(pool: asyncpg.Pool, settings: Settings, told: Recorded) -> Authenticator:
    return Authenticator(PrincipalReader(pool), issuers_of(settings), on_refused=told)


def bearer(text: str) -> list[bytes]:
    return [f"Bearer {text}".encode()]


async def code(who: Authenticator, text: str, source: str = SOURCE) -> tuple[int, str]:
    """What a token is refused with."""
    found = who.known(bearer(text))
    assert found is None
    with pytest.raises(Refusal) as caught:
        await who.sign_in(bearer(text), source)
    return caught.value.status, caught.value.code


async def come(who: Authenticator, text: str) -> Any:
    return who.known(bearer(text)) or await who.sign_in(bearer(text), SOURCE)


async def agency(pool: asyncpg.Pool, name: str = "bureau") -> str:
    """A key of a new agency with a grant over Shenzhen."""
    async with pool.acquire() as connection:
        number = await create_principal(connection, name, PrincipalKind.AGENCY)
        division = await connection.fetchval("SELECT id FROM division WHERE code = '4403'")
        await grant(connection, ProposedGrant(number, Role.HR_BUREAU, today(), division_id=division))
        return await create_key(connection, name)


async def test_token_and_key_give_their_principals_with_grants(who: Authenticator, pool: asyncpg.Pool) -> None:
    key = await agency(pool)
    async with pool.acquire() as connection:
        top = await connection.fetchval("SELECT id FROM organization WHERE name = '中华全国总工会'")
        await let_in(connection, "national", Role.FEDERATION, organization_id=top, hierarchy=Hierarchy.TERRITORIAL)
    assert (await come(who, token())).everything
    found = await come(who, key)
    assert (found.name, found.everything, list(found.lenses)) == ("bureau", False, [Lens.HR_BUREAU])


async def test_key_is_kept_as_a_hash_only(who: Authenticator, pool: asyncpg.Pool) -> None:
    key = await agency(pool)
    assert key.startswith("uh_")
    async with pool.acquire() as connection:
        row = await connection.fetchrow("SELECT * FROM api_key")
        logged = await connection.fetch("SELECT * FROM access_log")
    secret = key.split("_", 2)[2]
    assert len(row["digest"]) == 32
    assert secret not in str(dict(row))
    assert secret not in str([dict(entry) for entry in logged])
    await come(who, key)
    written = f"Bearer {key}".encode()
    assert who.sessions.get(written) is None
    assert who.sessions.get(blake2b(written).digest()) is not None


@pytest.mark.parametrize("change", ["revoke", "expire", "disable", "grant"])
async def test_change_takes_effect_at_once_in_this_process(
    who: Authenticator, pool: asyncpg.Pool, told: Recorded, change: str
) -> None:
    key = await agency(pool)
    await come(who, key)
    assert who.known(bearer(key)) is not None
    async with pool.acquire() as connection:
        if change == "revoke":
            await revoke_key(connection, key)
            expected = (401, "API_KEY_REVOKED")
        elif change == "expire":
            await connection.execute("UPDATE api_key SET expires_at = now() - interval '1 second'")
            who.callers.asked = float("-inf")
            expected = (401, "API_KEY_EXPIRED")
        elif change == "disable":
            await disable_principal(connection, "bureau")
            expected = (401, "PRINCIPAL_DISABLED")
        else:
            await revoke(connection, await connection.fetchval("SELECT id FROM access_grant"))
            expected = (403, "NO_GRANT")
    assert await code(who, key) == expected
    assert told == [RefusedSignIn(expected[1], "bureau", SOURCE)]


async def test_change_by_another_process_takes_effect_within_a_second(who: Authenticator, pool: asyncpg.Pool) -> None:
    key = await agency(pool)
    await come(who, key)
    async with pool.acquire() as connection:
        await connection.execute("UPDATE api_key SET revoked_at = now()")
    with pytest.raises(Refusal, match="revoked"):
        await until_refused(who, key, 1.0)


async def test_good_token_signs_in_beside_a_flood_of_bad_ones(
    who: Authenticator, pool: asyncpg.Pool, told: Recorded
) -> None:
    key = await agency(pool)
    forged = [asyncio.create_task(code(who, f"uh_{number:08x}_{'x' * 43}")) for number in range(100)]
    await asyncio.sleep(0)
    busy = []

    async def look() -> None:
        while not all(task.done() for task in forged):
            busy.append(pool.get_size() - pool.get_idle_size())
            await asyncio.sleep(0)

    looking = asyncio.create_task(look())
    assert (await come(who, key)).name == "bureau"
    found = await asyncio.gather(*forged)
    await looking
    assert max(busy) <= authenticator.VERIFIED_TOGETHER
    assert found.count((401, "UNKNOWN_API_KEY")) == len(told) == FAILURES
    assert found.count((429, "TOO_MANY_FAILURES")) == 100 - FAILURES


async def test_token_that_was_good_until_now_is_logged_however_many_have_failed(
    who: Authenticator, pool: asyncpg.Pool, told: Recorded
) -> None:
    key = await agency(pool)
    await come(who, key)
    for _ in range(FAILURES):
        await code(who, "wrong")
    async with pool.acquire() as connection:
        await revoke_key(connection, key)
    assert await code(who, key) == (401, "API_KEY_REVOKED")
    assert told[-1] == RefusedSignIn("API_KEY_REVOKED", "bureau", SOURCE)
    assert await code(who, key) == (429, "TOO_MANY_FAILURES")
    assert len(told) == FAILURES + 1


async def until_refused(who: Authenticator, key: str, seconds: float) -> None:
    """Come again and again for a time."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        await come(who, key)
        await asyncio.sleep(0.01)


async def test_change_during_a_sign_in_is_not_overwritten(
    who: Authenticator, pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = await agency(pool)
    read = who.callers.by_key

    async def slow(prefix: str) -> Any:
        found = await read(prefix)
        async with pool.acquire() as connection:
            await revoke_key(connection, prefix)
        return found

    monkeypatch.setattr(who.callers, "by_key", slow)
    await come(who, key)
    monkeypatch.setattr(who.callers, "by_key", read)
    assert await code(who, key) == (401, "API_KEY_REVOKED")


async def test_new_key_works_beside_the_old_one_until_that_ends(who: Authenticator, pool: asyncpg.Pool) -> None:
    old = await agency(pool)
    async with pool.acquire() as connection:
        new = await create_key(connection, "bureau", replacing=old)
        rows = await connection.fetch("SELECT expires_at FROM api_key ORDER BY id")
    assert (await come(who, old)).name == (await come(who, new)).name == "bureau"
    week = datetime.now(UTC) + timedelta(days=7)
    assert abs(rows[0]["expires_at"] - week) < timedelta(minutes=1)
    async with pool.acquire() as connection:
        await revoke_key(connection, old)
    assert await code(who, old) == (401, "API_KEY_REVOKED")
    assert (await come(who, new)).name == "bureau"


async def test_last_use_is_written_at_most_once_a_minute(who: Authenticator, pool: asyncpg.Pool) -> None:
    key = await agency(pool)
    async with pool.acquire() as connection:
        version = await connection.fetchval("SELECT version FROM access_version")
        for _ in range(3):
            await come(who, key)
            who.callers.forget()
        assert await connection.fetchval("SELECT last_used_at > now() - interval '1 minute' FROM api_key")
        first = await connection.fetchval("SELECT xmin::text FROM api_key")
        await come(who, key)
        assert await connection.fetchval("SELECT xmin::text FROM api_key") == first
        assert await connection.fetchval("SELECT version FROM access_version") == version


async def test_key_of_the_right_prefix_and_wrong_secret_is_unknown(who: Authenticator, pool: asyncpg.Pool) -> None:
    key = await agency(pool)
    forged = key[:-1] + ("A" if key[-1] != "A" else "B")
    assert await code(who, forged) == (401, "UNKNOWN_API_KEY")


async def test_caller_is_read_again_after_a_while_without_any_change(
    who: Authenticator, pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(authenticator, "REMEMBERED_SECONDS", 0.05)
    key = await agency(pool)
    await come(who, key)
    assert who.known(bearer(key)) is not None
    await asyncio.sleep(0.06)
    assert who.known(bearer(key)) is None
    assert (await come(who, key)).name == "bureau"


async def test_expired_token_is_forgotten_when_it_expires(
    who: Authenticator, pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(authenticator, "SKEW_SECONDS", 0.0)
    async with pool.acquire() as connection:
        await let_in(connection, "analyst")
    await come(who, made := token("analyst", exp=int(time.time()) + 1))
    await asyncio.sleep(1.1)
    assert who.known(bearer(made)) is None


async def test_grant_of_tomorrow_and_of_yesterday_is_none(who: Authenticator, pool: asyncpg.Pool) -> None:
    async with pool.acquire() as connection:
        number = await create_principal(
            connection, "later", PrincipalKind.PERSON, subject="urn:unionhub:demonstration|later"
        )
        for start, end in ((1, 9), (-9, -1)):
            await connection.execute(
                "INSERT INTO access_grant (principal_id, role, valid_from, valid_to) VALUES ($1, 'ANALYST', $2, $3)",
                number,
                today() + timedelta(days=start),
                today() + timedelta(days=end),
            )
    assert await code(who, token("later")) == (403, "NO_GRANT")


async def test_sessions_are_bounded(who: Authenticator, pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authenticator, "MAX_SESSIONS", 3)
    async with pool.acquire() as connection:
        await let_in(connection, "analyst")
    few = Authenticator(who.callers, who.issuers)
    for number in range(6):
        await come(few, token("analyst", jti=str(number)))
    few.sessions.run_pending_tasks()
    assert few.sessions.count() == 3


async def test_remembered_caller_is_not_trusted_without_the_database(
    who: Authenticator, pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(principal_reader, "VERSION_SECONDS", 0.0)
    key = await agency(pool)
    await come(who, key)

    async def lost(_: Any) -> int:
        raise OSError("the database has gone")

    monkeypatch.setattr(principal_reader.principals, "version", lost)
    with pytest.raises(OSError, match="gone"):
        await come(who, key)


async def test_refused_sign_in_stands_in_the_audit_log(pool: asyncpg.Pool, settings: Settings) -> None:
    who = Authenticator(PrincipalReader(pool), issuers_of(settings), on_refused=write_refusals_to_audit_log(pool))
    key = await agency(pool)
    async with pool.acquire() as connection:
        await revoke_key(connection, key)
    await code(who, key)
    async with pool.acquire() as connection:
        row = await connection.fetchrow("SELECT * FROM access_log ORDER BY id DESC LIMIT 1")
    assert (row["action"], row["principal"], row["source"]) == ("SIGN_IN_REFUSED", "bureau", SOURCE)
    assert json.loads(row["fields"]) == ["API_KEY_REVOKED"]


async def test_steady_state_costs_next_to_nothing(
    who: Authenticator, pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(principal_reader, "VERSION_SECONDS", 60.0)
    async with pool.acquire() as connection:
        await let_in(connection, "analyst")
    for text in (await agency(pool), token("analyst")):
        given = bearer(text)
        await come(who, text)
        best = min(timed(who, given) for _ in range(5))
        assert best < 30e-6


def timed(who: Authenticator, given: list[bytes]) -> float:
    began = time.perf_counter()
    for _ in range(1_000):
        assert who.known(given) is not None
    return (time.perf_counter() - began) / 1_000

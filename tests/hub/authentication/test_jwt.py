"""Tokens: which are accepted, and every forgery that we know of refused for its own reason."""

import base64
import hmac
import json
import time
import warnings
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jws, jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey

from hub.authentication.jwks import FixedKeys, ProviderError, read_key, read_keys
from hub.authentication.jwt import Issuer, Verified, verify
from hub.errors import Refusal

NAME, AUDIENCE = "https://id.example.org", "unionhub"
RSA = RSAKey.generate_key(2048, {"kid": "rsa"})
EC = ECKey.generate_key("P-256", {"kid": "ec"})
ED = OKPKey.generate_key("Ed25519", {"kid": "ed"})
OTHER = RSAKey.generate_key(2048, {"kid": "rsa"})
PUBLIC = {"keys": [{**key.as_dict(private=False), "kid": key.kid} for key in (RSA, EC, ED)]}
TRUSTED = Issuer(NAME, AUDIENCE, FixedKeys(PUBLIC, NAME))


def claims(**changed: Any) -> dict[str, Any]:
    now = int(time.time())
    made = {"iss": NAME, "aud": AUDIENCE, "sub": "248289", "iat": now, "nbf": now, "exp": now + 300, **changed}
    return {name: value for name, value in made.items() if value is not None}


def signed(algorithm: str = "RS256", key: Any = RSA, header: Any = None, **changed: Any) -> str:
    full = {"alg": algorithm, "kid": key.kid, **(header or {})}
    kept = {name: value for name, value in full.items() if value is not None}
    registry = jws.JWSRegistry(algorithms=[algorithm], strict_check_header=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return jwt.encode(kept, claims(**changed), key, registry=registry)


def b64(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


async def refused(token: str, issuer: Issuer = TRUSTED) -> str:
    with pytest.raises(Refusal) as caught:
        await verify(token.encode(), [issuer])
    assert caught.value.status == 401
    assert ("www-authenticate", 'Bearer realm="unionhub", error="invalid_token"') in [
        (name.decode(), value.decode()) for name, value in caught.value.headers
    ]
    return caught.value.code


@pytest.mark.parametrize(
    ("algorithm", "key"), [("RS256", RSA), ("PS256", RSA), ("ES256", EC), ("EdDSA", ED), ("Ed25519", ED)]
)
async def test_every_allowed_algorithm_is_accepted(algorithm: str, key: Any) -> None:
    found = await verify(signed(algorithm, key).encode(), [TRUSTED])
    assert found.subject == f"{NAME}|248289"
    assert found.expires > time.time()


async def test_audience_may_stand_in_a_list() -> None:
    assert isinstance(await verify(signed(aud=["x", AUDIENCE]).encode(), [TRUSTED]), Verified)


async def test_key_need_not_be_named_where_only_one_suits() -> None:
    assert isinstance(await verify(signed("ES256", EC, {"kid": None}).encode(), [TRUSTED]), Verified)
    two = {"keys": [*PUBLIC["keys"], {**OTHER.as_dict(private=False), "kid": "second"}]}
    several = Issuer(NAME, AUDIENCE, FixedKeys(two, NAME))
    assert await refused(signed(header={"kid": None}), several) == "UNKNOWN_KEY"


@pytest.mark.parametrize("name", ["none", "None", "NONE", "nOnE", ""])
async def test_alg_none_is_refused(name: str) -> None:
    for signature in ("", b64(b"x")):
        token = f"{b64({'alg': name, 'kid': 'rsa'})}.{b64(claims())}.{signature}"
        assert await refused(token) == "BAD_ALGORITHM"


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
async def test_hmac_with_the_public_key_as_secret_is_refused(algorithm: str) -> None:
    secrets = [
        RSA.public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        RSA.public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        json.dumps(RSA.as_dict(private=False)).encode(),
    ]
    for secret in secrets:
        body = f"{b64({'alg': algorithm, 'kid': 'rsa'})}.{b64(claims())}"
        signature = hmac.digest(secret, body.encode(), algorithm.replace("HS", "sha"))
        assert await refused(f"{body}.{b64(signature)}") == "BAD_ALGORITHM"


async def test_other_algorithms_are_refused() -> None:
    for algorithm in ("RS512", "PS384"):
        assert await refused(signed(algorithm, RSA)) == "BAD_ALGORITHM"
    assert await refused(signed("ES384", ECKey.generate_key("P-384", {"kid": "ec"}))) == "BAD_ALGORITHM"


async def test_key_of_another_type_does_not_serve_an_algorithm() -> None:
    assert await refused(signed("ES256", EC, {"kid": "rsa"})) == "UNKNOWN_KEY"
    assert await refused(signed("RS256", RSA, {"kid": "ec"})) == "UNKNOWN_KEY"


@pytest.mark.parametrize(
    "kid", ["../../etc/passwd", "rsa' OR '1'='1", "https://evil.example/k", "rsa\0", "", "RSA", "x" * 900]
)
async def test_injected_kid_is_an_unknown_key(kid: str) -> None:
    assert await refused(signed("RS256", OTHER, {"kid": kid})) == "UNKNOWN_KEY"


@pytest.mark.parametrize("kid", [["rsa"], {"a": 1}, 1, True])
async def test_kid_that_is_no_text_is_malformed(kid: Any) -> None:
    token = f"{b64({'alg': 'RS256', 'kid': kid})}.{b64(claims())}.{b64(b'x')}"
    assert await refused(token) == "BAD_TOKEN"


async def test_keys_named_or_carried_by_the_token_are_ignored() -> None:
    own = OTHER.as_dict(private=False)
    for header in (
        {"jku": "https://evil.example/jwks"},
        {"x5u": "https://evil.example/cert"},
        {"jwk": own},
        {"x5c": ["MIIB"]},
    ):
        assert await refused(signed("RS256", OTHER, header)) == "BAD_SIGNATURE"
        full = {"alg": "RS256", "kid": "unknown", **header}
        assert await refused(f"{b64(full)}.{b64(claims())}.{b64(b'x' * 256)}") == "UNKNOWN_KEY"
    assert isinstance(await verify(signed(header={"jku": "https://evil.example/jwks"}).encode(), [TRUSTED]), Verified)


async def test_critical_and_unencoded_headers_are_refused() -> None:
    for header in ({"crit": ["exp"], "exp": 1}, {"crit": []}, {"b64": False}):
        full = {"alg": "RS256", "kid": "rsa", **header}
        assert await refused(f"{b64(full)}.{b64(claims())}.{b64(b'x')}") == "BAD_TOKEN"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"iss": "https://evil.example"}, "WRONG_ISSUER"),
        ({"iss": NAME + "/"}, "WRONG_ISSUER"),
        ({"iss": None}, "WRONG_ISSUER"),
        ({"iss": [NAME]}, "WRONG_ISSUER"),
        ({"aud": "other"}, "WRONG_AUDIENCE"),
        ({"aud": ["other", "unionhub2"]}, "WRONG_AUDIENCE"),
        ({"aud": None}, "WRONG_AUDIENCE"),
        ({"aud": {"unionhub": 1}}, "WRONG_AUDIENCE"),
        ({"exp": int(time.time()) - 120}, "TOKEN_EXPIRED"),
        ({"exp": 0}, "TOKEN_EXPIRED"),
        ({"exp": -(10**11)}, "TOKEN_EXPIRED"),
        ({"exp": None}, "BAD_TOKEN"),
        ({"exp": "9999999999"}, "BAD_TOKEN"),
        ({"exp": True}, "BAD_TOKEN"),
        ({"exp": float("inf")}, "BAD_TOKEN"),
        ({"exp": float("nan")}, "BAD_TOKEN"),
        ({"exp": 10**30}, "BAD_TOKEN"),
        ({"nbf": int(time.time()) + 3_600}, "TOKEN_NOT_YET_VALID"),
        ({"iat": int(time.time()) + 3_600}, "TOKEN_NOT_YET_VALID"),
        ({"nbf": "now"}, "BAD_TOKEN"),
        ({"sub": None}, "BAD_TOKEN"),
        ({"sub": ""}, "BAD_TOKEN"),
        ({"sub": 7}, "BAD_TOKEN"),
        ({"sub": "x" * 256}, "BAD_TOKEN"),
        ({"sub": "a\0b"}, "BAD_TOKEN"),
        ({"nonce": "n"}, "WRONG_TOKEN_KIND"),
        ({"at_hash": "n"}, "WRONG_TOKEN_KIND"),
        ({"typ": "ID"}, "WRONG_TOKEN_KIND"),
        ({"typ": "Refresh"}, "WRONG_TOKEN_KIND"),
        ({"token_use": "id"}, "WRONG_TOKEN_KIND"),
        ({"events": {}}, "WRONG_TOKEN_KIND"),
    ],
)
async def test_signed_token_with_wrong_claims_is_refused(changed: dict[str, Any], code: str) -> None:
    assert await refused(signed(**changed)) == code


@pytest.mark.parametrize("kind", ["logout+jwt", "secevent+jwt", "id_token"])
async def test_other_types_of_token_are_refused(kind: Any) -> None:
    header = {"alg": "RS256", "kid": "rsa", "typ": kind}
    body = f"{b64(header)}.{b64(claims())}"
    signature = jws.JWSRegistry.algorithms["RS256"].sign(body.encode(), RSA)
    assert await refused(f"{body}.{b64(signature)}") == "WRONG_TOKEN_KIND"


async def test_clocks_may_be_a_minute_apart() -> None:
    now = int(time.time())
    for changed in ({"exp": now - 30}, {"nbf": now + 30}, {"iat": now + 30}):
        assert isinstance(await verify(signed(**changed).encode(), [TRUSTED]), Verified)


async def test_tampered_tokens_are_refused() -> None:
    header, _, signature = signed().split(".")
    assert await refused(f"{header}.{b64(claims(sub='1'))}.{signature}") == "BAD_SIGNATURE"
    good = signed()
    head, body, tail = good.split(".")
    for position in range(0, len(tail) - 4, 17):
        changed = tail[:position] + ("A" if tail[position] != "A" else "B") + tail[position + 1 :]
        assert await refused(f"{head}.{body}.{changed}") == "BAD_SIGNATURE"
    assert await refused(f"{head}.{body}.") == "BAD_SIGNATURE"
    assert await refused(f"{head}.{body}.{tail}{tail}") == "BAD_SIGNATURE"
    assert await refused(signed("RS256", OTHER)) == "BAD_SIGNATURE"


async def test_signature_of_another_algorithm_of_the_same_key_is_refused() -> None:
    _, body, tail = signed("PS256").split(".")
    assert await refused(f"{b64({'alg': 'RS256', 'kid': 'rsa'})}.{body}.{tail}") == "BAD_SIGNATURE"


async def test_signature_of_zeros_is_no_signature() -> None:
    header = {"alg": "ES256", "kid": "ec"}
    assert await refused(f"{b64(header)}.{b64(claims())}.{b64(bytes(64))}") == "BAD_SIGNATURE"


@pytest.mark.parametrize(
    "token",
    [
        "eyJ",
        "eyJ.",
        "eyJ..",
        "eyJ.eyJ.",
        "a.b.c",
        f"{b64([])}.{b64({})}.x",
        f"{b64({'alg': 'RS256'})}.{b64([])}.x",
        f"{b64({'alg': 'RS256'})}.{b64(b'nothing')}.x",
        f"{b64({'alg': 'RS256'})}.{b64(b'[' * 3_000)}.x",
        f"{b64({'alg': 'RS256', 'x': 'y' * 3_000})}.{b64({})}.x",
        f"{b64(b'{' + b' ' * 10)}.{b64({})}.x",
        f"{b64({'alg': 'RS256'})}=.{b64({})}.x",
        f"{b64({'alg': 'RS256', 'typ': 1})}.{b64(claims())}.x",
        f"{b64({'alg': 'RS256', 'typ': ['JWT']})}.{b64(claims())}.x",
        f"{b64({'alg': 'RS256'})}.{b64(claims())}.x.y",
        f"{b64({'alg': 'RS256'})}.{b64(claims())}\n.x",
        "eyJ." + "x" * 9_000 + ".y",
    ],
)
async def test_malformed_tokens_are_refused(token: str) -> None:
    assert await refused(token) == "BAD_TOKEN"


async def test_encrypted_token_is_the_wrong_kind() -> None:
    assert await refused(".".join(["eyJhbGciOiJkaXIifQ"] * 5)) == "WRONG_TOKEN_KIND"


async def test_issuers_do_not_speak_for_each_other() -> None:
    second = Issuer("https://other.example", AUDIENCE, FixedKeys({"keys": [OTHER.as_dict(private=False)]}, "x"))
    with pytest.raises(Refusal) as caught:
        await verify(signed("RS256", OTHER, {"kid": None}).encode(), [TRUSTED, second])
    assert caught.value.code == "BAD_SIGNATURE"


@pytest.mark.parametrize(
    ("jwk", "why"),
    [
        (RSA.as_dict(private=True), "private"),
        (ED.as_dict(private=True), "private"),
        ({"kty": "oct", "k": "c2VjcmV0"}, "neither"),
        ({**RSA.as_dict(private=False), "use": "enc"}, "signatures"),
        ({**RSA.as_dict(private=False), "key_ops": ["encrypt"]}, "signatures"),
        ({**RSA.as_dict(private=False), "key_ops": 5}, "signatures"),
        ({**RSA.as_dict(private=False), "alg": "RS512"}, "algorithm"),
        ({**EC.as_dict(private=False), "crv": "secp256k1"}, "curve"),
        ({**EC.as_dict(private=False), "x": "AAAA"}, "malformed"),
        ({"kty": "RSA"}, "malformed"),
        ({"kty": "EC", "crv": "P-256"}, "malformed"),
        ({**RSA.as_dict(private=False), "kid": 5}, "kid"),
        ({"kty": ["RSA"]}, "neither"),
        ("key", "object"),
        (None, "object"),
    ],
)
def test_keys_that_must_not_verify_are_left_out(jwk: Any, why: str) -> None:
    with pytest.raises(ValueError, match=why) as caught:
        read_key(jwk)
    assert "c2VjcmV0" not in str(caught.value)


def test_weak_rsa_key_is_left_out() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        weak = RSAKey.generate_key(1024).as_dict(private=False)
        with pytest.raises(ValueError, match="2048"):
            read_key(weak)


@pytest.mark.parametrize("content", [None, [], {}, {"keys": {}}, {"keys": []}, {"keys": [{"kty": "oct", "k": "eA"}]}])
def test_set_without_a_usable_key_is_refused(content: Any) -> None:
    with pytest.raises(ProviderError):
        read_keys(content, NAME)


def test_second_key_of_one_kid_is_left_out() -> None:
    twice = {"keys": [PUBLIC["keys"][0], {**OTHER.as_dict(private=False), "kid": "rsa"}]}
    assert len(read_keys(twice, NAME)) == 1

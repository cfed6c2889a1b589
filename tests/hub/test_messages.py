"""Every code has its Chinese form, which who prefers Chinese is given."""

import re

import httpx
import pytest

from hub.app import Hub
from hub.messages import CHINESE, in_chinese, prefers_chinese
from tests.hub.conftest import RESPONSE, Api
from tests.hub.error_codes_in_source import error_codes
from tests.hub.websocket_client import connected

ZH = {"accept-language": "zh-CN,zh;q=0.9,en;q=0.8"}


def test_every_code_has_its_chinese_form_and_no_other_has() -> None:
    assert error_codes().keys() == CHINESE.keys()


@pytest.mark.parametrize("code", CHINESE)
def test_a_chinese_form_is_a_chinese_sentence(code: str) -> None:
    assert re.search("[\u4e00-\u9fff]{2}", CHINESE[code])
    assert CHINESE[code].endswith("。")
    assert len(CHINESE[code]) < 60


@pytest.mark.parametrize(
    ("header", "chinese"),
    [
        (b"zh", True),
        (b"zh-CN,zh;q=0.9,en;q=0.8", True),
        (b"ZH-Hant-HK", True),
        (b"en;q=0.8, zh;q=0.8", True),
        (b"zh;q=1.0", True),
        (b"en,zh;q=0.5", False),
        (b"en", False),
        (b"", False),
        (b"*", False),
        (b"zh;q=0", False),
        (b"zh;q=x", False),
        (b"zh;q=nan", False),
        (b"zhx", False),
        (b";,;q=,,", False),
    ],
)
def test_the_language_that_is_preferred(header: bytes, chinese: bool) -> None:
    assert prefers_chinese(header) is chinese


async def test_errors_come_in_chinese_with_the_english_behind(api: Api) -> None:
    english = (await api.post("{ nothing }")).json()["errors"]
    response = await api.post("{ nothing }", headers=ZH)
    assert response.status_code == 400
    assert "accept-language" in response.headers["vary"]
    (error,) = response.json()["errors"]
    assert error["message"] == f"{CHINESE['VALIDATION_FAILED']}（{english[0]['message']}）"
    assert error["extensions"] == {"code": "VALIDATION_FAILED"}


async def test_sign_in_and_other_paths_speak_chinese_too(client: httpx.AsyncClient) -> None:
    headers = {"accept": RESPONSE, "authorization": "Bearer x", **ZH}
    refused = await client.get("/graphql?query={word}", headers=headers)
    assert CHINESE["UNAUTHENTICATED"] in refused.json()["errors"][0]["message"]
    nothing = await client.get("/nothing", headers=ZH)
    assert CHINESE["NOT_FOUND"] in nothing.json()["errors"][0]["message"]


async def test_answers_without_errors_are_left_as_they_are(api: Api) -> None:
    assert (await api.post("{ word }", headers=ZH)).content == (await api.post("{ word }")).content


async def test_a_websocket_has_the_language_of_its_handshake(app: Hub) -> None:
    async with connected(app, headers=ZH) as socket:
        (error,) = await socket.answer("1", "{")
        assert error["message"].startswith(CHINESE["SYNTAX_ERROR"])
        assert (await socket.answer("2", "{ word }"))["data"] == {"word": "word"}


def test_a_code_without_a_chinese_form_keeps_its_words() -> None:
    assert in_chinese("DAILY_LIMIT", "5 more") == f"{CHINESE['DAILY_LIMIT']}（5 more）"
    assert in_chinese("ELSEWHERE", "as it is") == "as it is"


async def test_a_refused_document_is_worded_anew_for_each_caller(api: Api) -> None:
    for headers, words in (
        (ZH, CHINESE["VALIDATION_FAILED"]),
        ({}, "Cannot query"),
        (ZH, CHINESE["VALIDATION_FAILED"]),
    ):
        (error,) = (await api.post("{ nowhere }", headers=headers)).json()["errors"]
        assert error["message"].startswith(words)

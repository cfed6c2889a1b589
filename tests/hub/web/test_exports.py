"""Exports over HTTP: the rows of a list as CSV, NDJSON and XLSX, for whoever may see them, and what breaks one off."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from python_calamine import CalamineWorkbook

from db.access import Role
from db.organizations import Hierarchy
from db.server.migrate import connect
from hub import serve
from hub.app import create_app
from hub.exports.forms import Format
from hub.settings import ROOT, Settings
from tests.hub.test_serve import running
from tests.tokens import let_in, token, write_key

CSV, NDJSON, XLSX = (format_.value for format_ in Format)
MEMBERS = "query Members { members(first: 2) { nodes { id name workerType } } }"
ODD = ("=1+1", "+86", "-5", "@A1", "\t=1", "＝1", "－1", 'a "quoted", name', "two\nlines", "𠮷野·家", "'already")


@pytest.fixture(scope="module")
async def url(kept_database: Callable[[str], str], template: str) -> str:
    """A copy of the template with employers of odd names, and principals."""
    url = kept_database(template)
    connection = await connect(url)
    rows = await connection.fetch("SELECT id FROM employer ORDER BY id LIMIT $1", len(ODD))
    for row, name in zip(rows, ODD, strict=True):
        await connection.execute("UPDATE employer SET name = $2 WHERE id = $1", row["id"], name)
    for name, where in (
        ("national", "kind = 'LOCAL_FEDERATION' AND level = 'NATIONAL'"),
        ("province", "name = '浙江省总工会'"),
    ):
        union = await connection.fetchval(f"SELECT id FROM organization WHERE {where} ORDER BY id LIMIT 1")
        await let_in(connection, name, Role.FEDERATION, organization_id=union, hierarchy=Hierarchy.TERRITORIAL)
    await connection.close()
    return url


@contextmanager
def hub_at(url: str, folder: Path, **changed: Any) -> Iterator[httpx.Client]:
    """A client of a hub on a real port."""
    write_key(folder)
    settings = Settings(database_url=url, data_dir=folder, port=0, **changed)
    config = uvicorn.Config(create_app(settings), host="127.0.0.1", port=0, lifespan="on", **serve.common(settings))
    with running(config) as port, httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
def client(url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with hub_at(url, tmp_path_factory.mktemp("hub")) as made:
        yield made


def ask(
    client: httpx.Client,
    query: str,
    accept: str = CSV,
    variables: Any = None,
    *,
    subject: str | None = "national",
    **headers: str,
) -> httpx.Response:
    sent = {"accept": accept, **{name.replace("_", "-"): value for name, value in headers.items()}}
    if subject is not None:
        sent["authorization"] = f"Bearer {token(subject)}"
    return client.post("/graphql", json={"query": query, "variables": variables}, headers=sent)


def data(client: httpx.Client, query: str, **more: Any) -> Any:
    response = ask(client, query, "application/json", **more).json()
    assert "errors" not in response, response
    return response["data"]


def table(response: httpx.Response) -> list[list[str]]:
    assert response.status_code == 200, response.text
    text = response.content.decode()
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text[1:], newline="")))


def code_of(response: httpx.Response) -> str:
    return str(response.json()["errors"][0]["extensions"]["code"])


UNITS = """query Units($n: Int = 3) {
  all: employers(first: $n) { totalCount nodes { id name kind headcount registeredOn isOrganized organization { n: name } } } }"""


def test_the_page_shows_what_comes(client: httpx.Client) -> None:
    page = (ROOT / "docs" / "exports.md").read_text()
    (query,) = re.findall(r"<<'END'\n(.*?)^END$", page, re.DOTALL | re.MULTILINE)
    (said,) = re.findall(r"^```text\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    rows = table(ask(client, query))
    assert rows[0] == said.splitlines()[0].split(",")
    assert len(rows) > 20
    assert {row[2] for row in rows[1:]} == {"COURIER"}


def nodes(client: httpx.Client, name: str, selection: str, arguments: str = "", **more: Any) -> list[Any]:
    """The rows of all pages of a root list."""
    rows: list[Any] = []
    after = "null"
    while True:
        page = data(
            client,
            f"{{ {name}(first: 200, after: {after}{arguments}) {{ nodes {selection} pageInfo {{ hasNextPage endCursor }} }} }}",
            **more,
        )[name]
        rows += page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return rows
        after = json.dumps(page["pageInfo"]["endCursor"])


def test_a_table_has_all_rows_under_headings_of_the_callers_choice(client: httpx.Client) -> None:
    wanted = nodes(client, "employers", "{ id name kind headcount registeredOn isOrganized organization { n: name } }")
    response = ask(client, UNITS, f"{CSV}; headings=paths", {"n": 2})
    head, *rows = table(response)
    assert head == ["id", "name", "kind", "headcount", "registeredOn", "isOrganized", "organization.n"]
    assert response.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert response.headers["content-disposition"] == 'attachment; filename="Units.csv"'
    assert {"no-store", "no-transform"} == set(response.headers["cache-control"].split(", "))
    assert response.content.count(b"\r\n") == len(rows) + 1
    assert [row[1].removeprefix("'") for row in rows] == [row["name"].removeprefix("'") for row in wanted]
    assert [[row[0], *row[2:]] for row in rows] == [
        [
            row["id"],
            row["kind"],
            str(row["headcount"]),
            row["registeredOn"] or "",
            str(row["isOrganized"]).lower(),
            (row["organization"] or {"n": ""})["n"],
        ]
        for row in wanted
    ]
    assert [row[1] for row in rows[: len(ODD)]] == [
        *(f"'{name}" for name in ODD[:7]),
        *ODD[7:],
    ]  # no cell begins like a formula
    chinese = table(ask(client, UNITS, f"{CSV};codes=labels", accept_language="zh-CN,zh;q=0.9"))
    assert chinese[0] == ["全局标识", "名称", "类型", "职工人数", "注册日期", "是否已建会", "负责工会 / 名称"]
    assert chinese[1][2] == "民营企业"
    assert table(ask(client, UNITS))[0][1:3] == ["Name", "Kind"]


def test_ndjson_has_the_rows_as_the_response_has_them(client: httpx.Client) -> None:
    selection = "{ id subject: cause parties(first: 1) { totalCount nodes { role subject { __typename ... on Member { name } } } } }"
    wanted = nodes(client, "disputeCases", selection, ", validity: ANY, orderBy: {field: RECEIVED_ON, direction: DESC}")
    text = f"{{ disputeCases(validity: ANY, orderBy: {{field: RECEIVED_ON, direction: DESC}}) {{ edges {{ cursor node {selection} }} }} }}"
    response = ask(client, text, NDJSON)
    assert response.headers["content-type"] == "application/x-ndjson; charset=utf-8"
    assert [json.loads(line) for line in response.text.splitlines()] == wanted
    assert len(wanted) > 20
    refused = ask(client, text)
    assert (refused.status_code, code_of(refused)) == (400, "NESTED_LIST")
    assert "parties" in refused.text
    assert NDJSON in refused.text


def test_a_workbook_has_numbers_days_and_texts(client: httpx.Client) -> None:
    selection = "{ id name headcount registeredOn isOrganized }"
    wanted = nodes(client, "employers", selection)
    response = ask(client, f"{{ employers {{ nodes {selection} }} }}", f"{XLSX}; headings=paths")
    assert response.headers["content-type"] == XLSX
    assert int(response.headers["content-length"]) == len(response.content)
    head, *rows = CalamineWorkbook.from_filelike(io.BytesIO(response.content)).get_sheet_by_index(0).to_python()
    assert head == ["id", "name", "headcount", "registeredOn", "isOrganized"]
    assert rows == [
        [
            row["id"],
            row["name"],
            float(row["headcount"]),
            date.fromisoformat(row["registeredOn"]) if row["registeredOn"] else "",
            row["isOrganized"],
        ]
        for row in wanted
    ]


async def test_amounts_and_times_of_a_workbook(client: httpx.Client) -> None:
    text = "{ insuranceEnrolments(validity: ANY) { nodes { baseAmount rate } } }"
    wanted = nodes(client, "insuranceEnrolments", "{ baseAmount rate }", ", validity: ANY")
    content = ask(client, text, XLSX).content
    _, *rows = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    assert rows == [["" if value is None else float(value) for value in row.values()] for row in wanted]


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("{ viewer { __typename } }", "no list"),
        ("{ members { totalCount } }", "no list"),
        ("{ a: members { nodes { id } } b: employers { nodes { id } } }", '\\"a\\", \\"b\\"'),
        ("{ members { nodes { id } edges { node { name } } } }", "has 2"),
        ('{ nodes(ids: ["mem_1"]) { id } }', "nodes"),
        ("mutation { revokeAccess(input: {}) { errors { code } } }", ""),
    ],
)
def test_what_has_not_one_list_is_refused(client: httpx.Client, query: str, says: str) -> None:
    response = ask(client, query)
    assert response.status_code == 400
    assert says in response.text
    if says:
        assert code_of(response) == "NOT_EXPORTABLE"


def test_only_queries_are_exported(client: httpx.Client) -> None:
    response = ask(client, 'mutation { exportMyData(input: {key: "a"}) { errors { code } } }')
    assert (response.status_code, code_of(response)) in [(400, "NOT_EXPORTABLE"), (400, "VALIDATION_FAILED")]


def test_a_list_below_single_records_is_exported(client: httpx.Client) -> None:
    union = data(client, '{ organizations(filter: {name: {eq: "浙江省总工会"}}) { nodes { id } } }')["organizations"][
        "nodes"
    ][0]["id"]
    text = """query($id: ID!, $with: Boolean!) { top: node(id: $id) { ... on Organization { name members { totalCount }
      division { list: children(first: 1, orderBy: {field: NAME}) { nodes { ...Some id @skip(if: $with) } } } } } }
      fragment Some on Division { name level @include(if: $with) }"""
    below = "{ organization(id: $id) { division { children(first: 200, orderBy: {field: NAME}) { nodes { name level } } } } }"
    found = data(client, f"query($id: ID!) {below}", variables={"id": union})
    wanted = found["organization"]["division"]["children"]["nodes"]
    rows = ask(client, text, NDJSON, {"id": union, "with": True})
    assert [json.loads(line) for line in rows.text.splitlines()] == wanted
    assert len(wanted) > 5
    head, *_ = table(ask(client, text, f"{CSV};headings=paths", {"id": union, "with": False}))
    assert head == ["name", "id"]
    for missing in ("org_7fffffff", "mem_1"):
        assert code_of(ask(client, text, NDJSON, {"id": missing, "with": True})) in ("NOT_FOUND", "NOT_EXPORTABLE")
    assert code_of(ask(client, text, NDJSON, {"id": "nonsense", "with": True})) == "BAD_ID"


def test_a_list_without_rows_has_its_headings(client: httpx.Client) -> None:
    text = '{ members(filter: {name: {eq: "nobody"}}) { nodes { id } } }'
    assert table(ask(client, text, f"{CSV};headings=paths")) == [["id"]]
    assert ask(client, text, NDJSON).content == b""
    book = CalamineWorkbook.from_filelike(io.BytesIO(ask(client, text, XLSX).content))
    assert book.get_sheet_by_index(0).to_python() == [["Global ID"]]


def test_records_of_several_types_share_columns(client: httpx.Client) -> None:
    row = """{ role subject { __typename ... on Member { id name } ... on Employer { id creditCode } ... on Organization { id } } }"""
    case = data(client, "{ disputeCases(first: 1, validity: ANY) { nodes { id } } }")["disputeCases"]["nodes"][0]["id"]
    text = f"query($id: ID!) {{ disputeCase(id: $id) {{ number parties(first: 1) {{ nodes {row} }} }} }}"
    whole = data(client, text.replace("first: 1", "first: 200"), variables={"id": case})["disputeCase"]["parties"][
        "nodes"
    ]
    head, *rows = table(ask(client, text, f"{CSV};headings=paths", {"id": case}))
    assert head == ["role", "subject.__typename", "subject.id", "subject.name", "subject.creditCode"]
    names = ("__typename", "id", "name", "creditCode")
    assert rows == [[each["role"], *((each["subject"] or {}).get(name) or "" for name in names)] for each in whole]
    assert {row[1] for row in rows} == {"Member", "Employer"}


def test_statistics_are_files_also_of_callers_with_aggregates_only(client: httpx.Client) -> None:
    text = """{ statistics(kind: MEMBERSHIPS, groupBy: [WORKER_TYPE, CHANNEL]) {
      total { records } groups { keys { dimension value label } records persons } } }"""
    for subject in ("national", None):
        wanted = data(client, text, subject=subject)["statistics"]["groups"]
        head, *rows = table(ask(client, text, f"{CSV};headings=paths", subject=subject))
        assert head == [
            "keys.WORKER_TYPE.value", "keys.WORKER_TYPE.label", "keys.CHANNEL.value", "keys.CHANNEL.label", "records", "persons",
        ]  # fmt: skip
        cells = [
            [
                *(cell or "" for key in group["keys"] for cell in (key["value"], key["label"])),
                *("" if group[each] is None else str(group[each]) for each in ("records", "persons")),
            ]
            for group in wanted
        ]
        assert rows == cells
        lines = ask(client, text, NDJSON, subject=subject).text.splitlines()
        assert [json.loads(line) for line in lines] == wanted
    plain = text.replace("dimension value label", "label")
    assert table(ask(client, plain, accept_language="zh"))[0][:3] == ["职工类别", "入会渠道", "记录数，条"]
    total = "{ statistics(kind: MEMBERSHIPS) { total { records } } }"
    assert table(ask(client, total, CSV))[1] == [str(data(client, total)["statistics"]["total"]["records"])]
    refused = ask(client, MEMBERS, subject=None)
    assert (refused.status_code, code_of(refused)) == (400, "AGGREGATES_ONLY")


def test_masks_hold_in_files(client: httpx.Client) -> None:
    text = "{ members { nodes { id name } } }"
    wanted = nodes(client, "members", "{ id name }", subject="province")
    rows = table(ask(client, text, subject="province"))[1:]
    assert rows == [[row["id"], row["name"]] for row in wanted]
    assert all(name.endswith("*") for _, name in rows)
    assert len(rows) > 100


def test_what_is_accepted_decides(client: httpx.Client) -> None:
    text = "{ employers(first: 1) { nodes { id } } }"
    for accept, type_ in {
        "*/*": "application/json",
        "text/*": "application/json",
        f"{CSV}, application/json;q=0.9, */*;q=0.1": CSV,
        f"application/json, {CSV}": CSV,
        f"{CSV};q=0.5, application/json": "application/json",
        f"{CSV};q=0, {NDJSON};q=0.2": NDJSON,
        f"{CSV};q=0.3, {XLSX};q=0.4": XLSX,
        'Text/CSV ; Q=1.0 ; Headings="paths"': CSV,
    }.items():
        response = ask(client, text, accept)
        assert response.headers["content-type"].partition(";")[0] == type_, accept
    for broken in ("text/csv;headings=none", "text/csv;codes=both"):
        response = ask(client, text, broken)
        assert (response.status_code, code_of(response)) == (406, "NOT_ACCEPTABLE")
    for broken in ("image/png", ";;;", "text/csv;q=x", "text/csv; charset=gb18030"):
        assert ask(client, text, broken).status_code == 406, broken


def test_get_head_and_compression(client: httpx.Client) -> None:
    headers = {"accept": f"{CSV};headings=paths", "authorization": f"Bearer {token('national')}"}
    query = {"query": "{ employers { nodes { id } } }"}
    got = client.get("/graphql", params=query, headers=headers)
    assert table(got)[0] == ["id"]
    assert got.headers["content-encoding"] == "gzip"
    plain = client.get("/graphql", params=query, headers={**headers, "accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == got.content
    spelled = {"query": "{ employers { nodes { id330106: id } } }"}
    assert "content-encoding" not in client.get("/graphql", params=spelled, headers=headers).headers
    assert client.head("/graphql", params=query, headers=headers).status_code == 405
    assert client.get("/graphql", params={"query": "mutation { x }"}, headers=headers).status_code in (400, 405)
    assert client.get("/graphql", params=query, headers={"accept": CSV}).status_code == 400  # the public sees no rows

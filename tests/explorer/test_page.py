"""The page and its files as HTTP: what a browser is told to allow, to keep, and to take them for."""

import asyncio
import json
import re
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from hub.web.explorer_page import BUILD, explorer_assets, explorer_page

ROOT = Path(__file__).parent.parent.parent


def client(build: Path) -> httpx.AsyncClient:
    routes = [Route("/graphql", lambda _: explorer_page(build)), explorer_assets(build)]
    return httpx.AsyncClient(transport=httpx.ASGITransport(Starlette(routes=routes)), base_url="http://hub")


def policy(response: httpx.Response) -> dict[str, str]:
    parts = (part.strip().partition(" ") for part in response.headers["content-security-policy"].split(";"))
    return {name: value for name, _, value in parts}


async def test_the_policy_of_the_page_allows_this_origin_only(build: Path) -> None:
    async with client(build) as browser:
        response = await browser.get("/graphql")
    assert response.status_code == 200
    found = policy(response)
    assert found["default-src"] == "'none'"
    assert {found[name] for name in ("script-src", "worker-src", "connect-src")} == {"'self'"}
    assert found["frame-ancestors"] == "'none'"
    assert not re.search(r"unsafe-eval|blob:|https?:|\*", response.headers["content-security-policy"])
    assert [name for name, value in found.items() if "unsafe-inline" in value] == ["style-src"]


async def test_the_page_is_asked_for_anew_and_its_files_are_kept(build: Path) -> None:
    async with client(build) as browser:
        page = await browser.get("/graphql")
        file = await browser.get("/explorer/assets/index-Ab12.js")
        again = await browser.get("/explorer/assets/index-Ab12.js", headers={"if-none-match": file.headers["etag"]})
    assert page.headers["cache-control"] == "no-cache"
    assert page.headers["vary"] == "Accept"
    assert file.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert again.status_code == 304


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("index-Ab12.js", "text/javascript; charset=utf-8"),
        ("index-Ab12.css", "text/css; charset=utf-8"),
        ("codicon-Ab12.ttf", "font/ttf"),
        ("icon-Ab12.svg", "image/svg+xml"),
    ],
)
async def test_a_file_has_its_media_type_and_is_not_to_be_guessed(build: Path, name: str, media_type: str) -> None:
    async with client(build) as browser:
        response = await browser.get(f"/explorer/assets/{name}")
    assert response.headers["content-type"] == media_type
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    "path",
    [
        "/explorer/assets/../index.html",
        "/explorer/assets/..%2f..%2fsecret.js",
        "/explorer/assets/%2e%2e/%2e%2e/secret.js",
        "/explorer/assets/..%5c..%5csecret.js",
        "/explorer/assets//etc/passwd",
        "/explorer/assets/a%00.js",
        "/explorer/assets/notes.txt",
        "/explorer/assets/",
        "/explorer/assets/" + "a" * 5000 + ".js",
    ],
)
async def test_nothing_but_the_files_of_the_build_is_served(build: Path, path: str) -> None:
    async with client(build) as browser:
        response = await browser.get(httpx.URL("http://hub").copy_with(raw_path=path.encode()))
    assert response.status_code == 404
    assert "secret" not in response.text


async def test_without_a_build_the_page_says_what_to_run(tmp_path: Path) -> None:
    async with client(tmp_path / "none") as browser:
        page = await browser.get("/graphql")
        file = await browser.get("/explorer/assets/index-Ab12.js")
    assert page.status_code == 503
    assert "make explorer" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert file.status_code == 404


async def test_a_build_that_comes_later_is_served_without_a_restart(tmp_path: Path, build: Path) -> None:
    late = tmp_path / "late"
    async with client(late) as browser:
        assert (await browser.get("/graphql")).status_code == 503
        await asyncio.to_thread(build.rename, late)
        assert (await browser.get("/graphql")).status_code == 200
        assert (await browser.get("/explorer/assets/index-Ab12.js")).status_code == 200


@pytest.mark.usefixtures("built")
def test_the_built_page_holds_no_script_of_its_own_and_names_only_files_that_are_there() -> None:
    page = (BUILD / "index.html").read_text()
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert addresses
    for address in addresses:
        assert address.startswith("/explorer/assets/")
        assert (BUILD / address.removeprefix("/explorer/")).is_file()
    assert re.findall(r"<script[^>]*>\s*[^<\s]", page) == []
    assert not re.search(r"<style|\son\w+=|\sstyle=", page)


@pytest.mark.usefixtures("built")
def test_the_built_styles_load_nothing_from_elsewhere() -> None:
    for style in BUILD.rglob("*.css"):
        text = style.read_text()
        assert re.findall(r"url\(\s*['\"]?(?!data:|/explorer/assets/|\./|#)[^)]{0,60}", text) == []
        assert "@import" not in text


def test_the_lock_of_the_explorer_has_hashes_and_no_addresses() -> None:
    text = (ROOT / "explorer" / "package-lock.json").read_text()
    assert "://" not in text
    fetched = {name: package for name, package in json.loads(text)["packages"].items() if name}
    assert fetched
    assert [name for name, package in fetched.items() if not package.get("integrity", "").startswith("sha512-")] == []


def test_every_dependency_of_the_explorer_is_one_exact_version() -> None:
    package = json.loads((ROOT / "explorer" / "package.json").read_text())
    versions = {**package["dependencies"], **package["devDependencies"]}
    assert [name for name, version in versions.items() if not re.fullmatch(r"\d+\.\d+\.\d+", version)] == []

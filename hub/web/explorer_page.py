"""The explorer: GraphiQL, built by Vite into ``hub/static/explorer``. It may connect to its own origin only."""

import os
from html import escape
from pathlib import Path

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, Response
from starlette.routing import Mount
from starlette.staticfiles import PathLike, StaticFiles
from starlette.types import Scope

from hub.settings import ROOT
from hub.setup.compressed_files import ENCODED_SUFFIXES
from hub.web.negotiation import codings

BUILD = ROOT / "hub" / "static" / "explorer"

EXPLORER_PAGE, IMPORT_PAGE = "index.html", "import.html"

# Inline styles are allowed: the editor writes its theme into <style> and the position of each line into style="".
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "worker-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "font-src 'self' data:",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)

GUARDS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

MEDIA_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
}
"""Media types of the build's files; the machine's own table may lack or contradict them."""

NOT_BUILT = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Union Hub · 工会数据枢纽</title>
<h1>Union Hub · 工会数据枢纽</h1>
<p>The endpoint answers, but its explorer is not built: run <code>make explorer</code>, then load this page again.</p>
<p>Looked for <code>{path}</code>.</p>
</html>
"""


def explorer_page(build: Path = BUILD, page: str = EXPLORER_PAGE) -> Response:
    """A page for a browser's GET of ``/graphql`` or ``/imports``, read for each request, so that a new build needs no restart.

    If nothing is built: 503 and a page that says what to run.
    """
    headers = {**GUARDS, "Cache-Control": "no-cache", "Vary": "Accept"}
    try:
        content = (build / page).read_bytes()
    except OSError:
        return HTMLResponse(NOT_BUILT.format(path=escape(str(build / page))), 503, headers)
    return HTMLResponse(content, headers=headers)


def explorer_assets(build: Path = BUILD) -> Mount:
    """The scripts, workers, styles and fonts of the page at ``/explorer/assets``.

    Their names have a hash of their content, so that a browser may cache them for a year.
    """
    return Mount("/explorer/assets", Assets(directory=build / "assets", check_dir=False), name="explorer-assets")


class Assets(StaticFiles):
    """Files of the build. An unknown name is 404, also while there is no build."""

    async def check_config(self) -> None:
        """Check nothing, since the build may come later."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, or 404."""
        if Path(path).suffix not in MEDIA_TYPES:
            return PlainTextResponse("Not found", 404, GUARDS)
        wanted = codings(",".join(Headers(scope=scope).getlist("accept-encoding")))
        for coding, suffix in ENCODED_SUFFIXES.items():
            if coding in wanted and (response := await self.twin(path, suffix, scope)) is not None:
                response.headers["Content-Encoding"] = coding
                return response
        return await super().get_response(path, scope)

    async def twin(self, path: str, suffix: str, scope: Scope) -> Response | None:
        """The compressed file, or 304; None if there is none."""
        try:
            return await super().get_response(path + suffix, scope)
        except HTTPException:
            return None

    def file_response(
        self, full_path: PathLike, stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """The file with its media type and caching headers."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        if isinstance(response, FileResponse):
            file = Path(full_path)
            response.headers["Content-Type"] = MEDIA_TYPES[
                file.suffix if file.suffix in MEDIA_TYPES else file.with_suffix("").suffix
            ]
        response.headers["Vary"] = "Accept-Encoding"
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        for name, value in GUARDS.items():
            response.headers[name] = value
        return response

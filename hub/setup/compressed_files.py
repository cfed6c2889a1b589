"""Compresses the explorer's files once, when it is built: ``index.js.br`` and ``index.js.gz`` beside ``index.js``."""

import gzip
import sys
from pathlib import Path

import brotli

from hub.settings import ROOT

ASSETS = ROOT / "hub" / "static" / "explorer" / "assets"
SUFFIXES = (".js", ".css", ".svg", ".ttf")
"""Kinds of files that are compressed."""

ENCODED_SUFFIXES = {"br": ".br", "gzip": ".gz"}
"""Content codings, the smallest first, and the suffixes of their files. Clients that accept zstd accept br, which is smaller."""


def write_compressed_files(assets: Path = ASSETS) -> None:
    """Write the compressed files of a build, where they are smaller by at least 5 %."""
    for path in sorted(assets.glob("*")):
        if path.suffix not in SUFFIXES:
            continue
        content = path.read_bytes()
        for coding, suffix in ENCODED_SUFFIXES.items():
            packed = brotli.compress(content) if coding == "br" else gzip.compress(content, 9, mtime=0)
            if len(packed) <= len(content) * 0.95:
                path.with_name(path.name + suffix).write_bytes(packed)


if __name__ == "__main__":
    write_compressed_files()
    sys.exit(0)

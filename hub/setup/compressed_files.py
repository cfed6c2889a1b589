"""Compressed twins of the explorer's files, made once when it is built: ``index.js.br`` and ``index.js.gz`` beside ``index.js``."""

import gzip
import sys
from pathlib import Path

import brotli

from hub.settings import ROOT

ASSETS = ROOT / "hub" / "static" / "explorer" / "assets"
SUFFIXES = (".js", ".css", ".svg", ".ttf")
"""What is worth it."""

ENCODED_SUFFIXES = {"br": ".br", "gzip": ".gz"}
"""Codings, the better first, and how the names of their twins end. Who reads zstd reads br, which is smaller where time does not matter."""


def write_compressed_files(assets: Path = ASSETS) -> None:
    """Write the twins of a build that become smaller by at least a twentieth."""
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

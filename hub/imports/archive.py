"""Whether a workbook is whole and of a bearable size. XLSX is a ZIP of XML: a file of 40 KB can be one that takes all memory.

Everything is unpacked once, piece by piece, with counters; only then is the file opened by the library that reads it.
"""

import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from hub.imports.bad_file import BadFile, place_of

MAX_UNPACKED = 512 * 2**20
"""Bytes of a workbook, unpacked."""

MAX_PARTS = 2_000
"""Files in the archive of a workbook."""

MAX_COLUMNS = 702
"""Columns of a table: A to ZZ."""

MAX_CELLS = 10_000_000
"""Cells of the rectangle around all values of a sheet, which the reader keeps in memory: about 100 bytes each."""

PIECE = 2**18
LOCAL_HEADER = 30
ENCRYPTED = 0x1
OVERLAP = 400

_PLACE = re.compile(
    rb"\br\s*=\s*[\"']([A-Za-z]{2,3}[0-9]{1,7}|[A-Za-z][0-9]{6,7})[\"']((?:\s+s\s*=\s*\"[0-9]+\")?\s*/>)?"
)
"""Where a cell stands, if it is far to the right or far down; the second group is that of a cell without a value."""

_EVERY_PLACE = re.compile(rb"\br\s*=\s*[\"']([A-Za-z]{1,3}[0-9]{1,7})[\"']((?:\s+s\s*=\s*\"[0-9]+\")?\s*/>)?")
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml", re.IGNORECASE)
USUAL = (99_999, 26)
"""Rows and columns of a sheet without any place that ``_PLACE`` finds."""


def require_sound(path: Path) -> None:
    """Unpack a workbook once, and measure its sheets.

    Raises:
        BadFile: CUT_OFF, UNREADABLE_FILE, FILE_TOO_LARGE, TOO_MANY_COLUMNS.
    """
    try:
        with ZipFile(path) as archive, path.open("rb") as file:
            parts = archive.infolist()
            _require_plain(parts)
            left = MAX_UNPACKED
            for part in parts:
                sheet = _SHEET.fullmatch(part.filename) is not None
                left -= _measured(file, part, left) if sheet else sum(map(len, unpacked(file, part, left)))
    except BadZipFile:
        raise cut_off() from None


def cut_off() -> BadFile:
    """The error of a workbook without its end."""
    return BadFile(
        "CUT_OFF",
        "The file is damaged, or a part of it is missing. Save the workbook again as XLSX, and send the whole file.",
    )


def too_large() -> BadFile:
    """The error of a workbook that would not fit into memory."""
    return BadFile(
        "FILE_TOO_LARGE",
        f"The workbook has more than {MAX_UNPACKED // 2**20} MB unpacked, or more than {MAX_CELLS:,} cells. Delete empty rows and"
        " columns behind the table, or save it as CSV, which may have any number of rows.",
    )


def _require_plain(parts: list[ZipInfo]) -> None:
    names = [part.filename for part in parts]
    if len(parts) > MAX_PARTS or len(set(names)) < len(names):
        raise BadFile("UNREADABLE_FILE", "This is no usual XLSX workbook. Save it again with a spreadsheet program.")
    if sum(part.file_size for part in parts) > MAX_UNPACKED:
        raise too_large()
    for part in parts:
        if part.flag_bits & ENCRYPTED:
            raise BadFile("UNREADABLE_FILE", "The workbook is protected by a password. Save it without one.")
        if part.compress_type not in {ZIP_STORED, ZIP_DEFLATED}:
            raise BadFile(
                "UNREADABLE_FILE", "This is no usual XLSX workbook. Save it again with a spreadsheet program."
            )
    if "[Content_Types].xml" not in names or not any(map(_SHEET.fullmatch, names)):
        raise BadFile(
            "UNREADABLE_FILE", "This is a ZIP file, but no XLSX workbook. Send the table itself, as XLSX, XLS or CSV."
        )


def unpacked(file: BinaryIO, part: ZipInfo, most: int) -> Iterator[bytes]:
    """The bytes of a file in an archive, in pieces. What the archive says about sizes is not believed.

    Raises:
        BadFile: CUT_OFF; FILE_TOO_LARGE: more than ``most`` bytes.
    """
    file.seek(part.header_offset)
    header = file.read(LOCAL_HEADER)
    if len(header) < LOCAL_HEADER:
        raise cut_off()
    file.seek(int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little"), 1)
    inflate = zlib.decompressobj(-zlib.MAX_WBITS) if part.compress_type == ZIP_DEFLATED else None
    packed, total, check = part.compress_size, 0, 0
    while packed > 0:
        piece = file.read(min(packed, PIECE))
        if not piece:
            raise cut_off()
        packed -= len(piece)
        while piece:
            data = piece if inflate is None else _inflated(inflate, piece)
            piece = b"" if inflate is None else inflate.unconsumed_tail
            total, check = total + len(data), zlib.crc32(data, check)
            if total > most:
                raise too_large()
            yield data
    if total != part.file_size or check != part.CRC or (inflate is not None and not inflate.eof and part.compress_size):
        raise cut_off()


def _inflated(inflate: "zlib._Decompress", piece: bytes) -> bytes:
    try:
        return inflate.decompress(piece, 4 * PIECE)
    except zlib.error:
        raise cut_off() from None


def _measured(file: BinaryIO, part: ZipInfo, most: int) -> int:
    """The size of a sheet's XML.

    Raises:
        BadFile: TOO_MANY_COLUMNS, FILE_TOO_LARGE: so many cells; and those of ``unpacked``.
    """
    size, height, width = _extent(unpacked(file, part, most), _PLACE, USUAL)
    if height * width > MAX_CELLS:
        size, height, width = _extent(unpacked(file, part, most), _EVERY_PLACE, (1, 1))
    if width > MAX_COLUMNS:
        raise BadFile(
            "TOO_MANY_COLUMNS",
            f"A sheet has values in {width:,} columns, and {MAX_COLUMNS} are read. Delete what stands to the right of the table.",
        )
    if height * width > MAX_CELLS:
        raise too_large()
    return size


def _extent(pieces: Iterator[bytes], places: re.Pattern[bytes], least: tuple[int, int]) -> tuple[int, int, int]:
    """Size, rows and columns of a sheet."""
    size, (height, width), rest = 0, least, b""
    for piece in pieces:
        size += len(piece)
        for place, empty in places.findall(rest + piece):
            if not empty:
                name = place.rstrip(b"0123456789")
                height = max(height, int(place[len(name) :]))
                width = max(width, place_of(name.decode()) + 1)
        rest = piece[-OVERLAP:]
    return size, height, width

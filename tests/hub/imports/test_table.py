"""Files become rows, however they were saved; a file that cannot be read says why."""

import base64
import io
import json
import struct
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from hub.imports import archive
from hub.imports.bad_file import BadFile, cell, place_of
from hub.imports.mapping import FileMapping, mapping_of, read_mapping
from hub.imports.table import PLAIN, Table
from tests.hub.imports.kinds import HEADINGS, UNITS, unit, write_csv, write_xlsx

GOOD = [HEADINGS, *(unit(number) for number in range(1, 21))]


def values_of(path: Path, mapping: FileMapping = PLAIN) -> list[dict[str, Any]]:
    """The rows of a file as the types of the columns read them."""
    table = Table(path, UNITS, mapping)
    return [
        {name: table.kind.column(name).type.read(value) for name, value in row.values.items()} for row in table.rows()
    ]


def refusal(path: Path, mapping: FileMapping = PLAIN) -> BadFile:
    with pytest.raises(BadFile) as caught:
        list(Table(path, UNITS, mapping).rows())
    assert len(caught.value.message) > 20
    return caught.value


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    return values_of(write_csv(tmp_path_factory.mktemp("expected") / "a", GOOD))


def test_rows_are_read_with_their_numbers(tmp_path: Path, expected: list[dict[str, Any]]) -> None:
    assert len(expected) == 20
    assert expected[0]["name"] == "第1分公司（𠮷·）"
    assert expected[0]["founded_on"] == date(2023, 2, 9)
    table = Table(write_csv(tmp_path / "a", [["单位花名册"], [], *GOOD[:3], [], ["", " "], GOOD[3], [], []]), UNITS)
    assert table.headings.row == 3
    assert [row.number for row in table.rows()] == [4, 5, 8]
    assert table.empty == 2


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("utf-8", "UTF-8"), ("utf-8-sig", "UTF-8 with a mark"), ("utf-16", "UTF-16"), ("utf-16-le", "UTF-16"), ("utf-16-be", "UTF-16"),
        ("gb18030", "GB18030"),
    ],
)  # fmt: skip
@pytest.mark.parametrize(("delimiter", "called"), [(",", "comma"), ("\t", "tab"), (";", "semicolon")])
def test_the_encoding_and_the_delimiter_are_found(
    tmp_path: Path, expected: list[dict[str, Any]], encoding: str, name: str, delimiter: str, called: str
) -> None:
    path = write_csv(tmp_path / "文件", GOOD, encoding, delimiter)
    found = Table(path, UNITS).format
    assert (found.encoding, found.delimiter) == (name, called)
    assert values_of(path) == expected


def test_a_workbook_gives_the_same_rows(tmp_path: Path, expected: list[dict[str, Any]]) -> None:
    path = write_xlsx(tmp_path / "a.csv", GOOD)  # its name says nothing
    assert Table(path, UNITS).format.name == "XLSX"
    assert values_of(path) == expected


XLS = zlib.decompress(base64.b85decode((Path(__file__).parent / "units.xls.b85").read_bytes()))


def test_an_old_workbook_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.xls").write_bytes(XLS)
    table = Table(tmp_path / "a.xls", UNITS)
    assert (table.format.name, table.headings.row) == ("XLS", 3)
    (row,) = values_of(tmp_path / "a.xls")
    assert row == {"number": "1001", "name": "𠮷·公司", "founded_on": date(2023, 2, 9), "capital": 120000}
    for size in (600, 3000, len(XLS) // 2):
        (tmp_path / "cut.xls").write_bytes(XLS[:size])
        assert refusal(tmp_path / "cut.xls").code in {"CUT_OFF", "UNREADABLE_FILE"}


def test_an_old_workbook_with_a_cell_far_away_ends_only_the_process_that_reads_it(tmp_path: Path) -> None:
    """Of a file of 6 KB the library reserves 128 GB, and aborts."""
    number = struct.pack("<HHHH", 0x027E, 10, 3, 0)
    assert XLS.count(number) == 1
    (tmp_path / "a.xls").write_bytes(XLS.replace(number, struct.pack("<HHHH", 0x027E, 10, 65535, 65535)))
    assert refusal(tmp_path / "a.xls").code == "FILE_TOO_LARGE"


def test_headings_by_any_of_their_names_in_any_order(tmp_path: Path) -> None:
    heads = ["人数（人）", "＊ 单位全称", "FOUNDED ON", "序列号*", "备注", "注册资本（单位：万元）", "isListed"]
    path = write_csv(
        tmp_path / "a",
        [["2023年单位情况"], ["填报单位：", "某市总工会"], heads, ["1,200", "甲", 44966, "7", "x", "1.5", "无"]],
    )
    table = Table(path, UNITS)
    assert table.headings.row == 3
    assert table.headings.ignored == ("备注",)
    assert values_of(path) == [
        {
            "headcount": 1200,
            "name": "甲",
            "founded_on": date(2023, 2, 9),
            "number": "7",
            "capital": 15000,
            "is_listed": False,
        }
    ]
    assert table.letter("number") == "D"


def test_a_mapping_takes_the_columns_and_codes_of_another_system(tmp_path: Path) -> None:
    path = write_csv(
        tmp_path / "a",
        [["DWBH", "DWMC", "LX", "人数"], ["1", "甲", "01", "3"], ["2", "乙", "民营企业", "4"]],
        delimiter="|",
    )
    (tmp_path / "m.toml").write_text(
        'delimiter = "|"\n[columns]\nDWBH = "编号"\ndwmc = "name"\nLX = "kind"\n"人数" = ""\n[values.kind]\n"01" = "国有企业"\n'
    )
    mapping = read_mapping(tmp_path / "m.toml", UNITS)
    assert values_of(path, mapping) == [
        {"number": "1", "name": "甲", "kind": "STATE_ENTERPRISE"}, {"number": "2", "name": "乙", "kind": "PRIVATE_ENTERPRISE"},
    ]  # fmt: skip
    (tmp_path / "m.json").write_text(
        json.dumps(
            {
                "delimiter": "|",
                "columns": {"DWBH": "number", "DWMC": "name", "LX": "kind", "人数": ""},
                "values": {"kind": {"01": "国有企业"}},
            }
        )
    )
    assert values_of(path, read_mapping(tmp_path / "m.json", UNITS)) == values_of(path, mapping)


@pytest.mark.parametrize(
    "content",
    ["[columns]\nDWMC = 'nothing'", "[columns]\nDWMC = 1", "colums = 1", "no", "heading_row = 'x'", "[values]\nkind = 1", "values = 2"],
)  # fmt: skip
def test_a_bad_mapping_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "m.toml").write_text(content)
    with pytest.raises(BadFile) as caught:
        read_mapping(tmp_path / "m.toml", UNITS)
    assert caught.value.code == "BAD_MAPPING"


def test_the_sheet_with_the_headings_is_read_and_another_one_if_it_is_declared(tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(str(tmp_path / "a.xlsx"))
    for name, rows in (("说明", [["填表说明"]]), ("数据", GOOD[:2]), ("往年", GOOD[:4])):
        for number, row in enumerate(rows):
            book.get_worksheet_by_name(name) or book.add_worksheet(name)
            book.get_worksheet_by_name(name).write_row(number, 0, row)
    book.add_worksheet("隐藏").hide()
    book.close()
    assert Table(tmp_path / "a.xlsx", UNITS).format.sheet == "数据"
    assert len(values_of(tmp_path / "a.xlsx", mapping_of({"sheet": "往年"}, UNITS))) == 3
    assert "往年" in refusal(tmp_path / "a.xlsx", mapping_of({"sheet": "隐藏"}, UNITS)).message


def test_a_table_that_does_not_begin_in_the_first_cell(tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(str(tmp_path / "a.xlsx"))
    page = book.add_worksheet()
    for number, row in enumerate(GOOD[:3]):
        page.write_row(number + 4, 3, row)
    book.close()
    table = Table(tmp_path / "a.xlsx", UNITS)
    assert (table.headings.row, table.letter("number")) == (5, "D")
    assert [row.number for row in table.rows()] == [6, 7]


def test_the_example_of_the_template_is_left_out(tmp_path: Path) -> None:
    example = [column.example for column in UNITS.columns]
    table = Table(write_csv(tmp_path / "a", [HEADINGS, example, unit(1), [*example[:-1], "李四"]]), UNITS)
    assert [row.number for row in table.rows()] == [3, 4]
    assert table.examples == 1


def bytes_of(rows: list[list[Any]], encoding: str = "utf-8") -> Callable[[Path], None]:
    return lambda path: write_csv(path, rows, encoding) and None


def raw(content: bytes) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(content) and None


def xlsx(change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        write_xlsx(path, GOOD)
        path.write_bytes(change(path.read_bytes()))

    return write


def zipped(**parts: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return made.getvalue()


def with_sheet(content: bytes) -> Callable[[bytes], bytes]:
    """A workbook whose sheet has this XML in the place of its rows."""

    def change(workbook: bytes) -> bytes:
        made = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(workbook)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
            for name in old.namelist():
                data = old.read(name)
                if name == "xl/worksheets/sheet1.xml":
                    before, _, rest = data.partition(b"<sheetData>")
                    data = before + b"<sheetData>" + content + b"</sheetData>" + rest.partition(b"</sheetData>")[2]
                new.writestr(name, data)
        return made.getvalue()

    return change


def lying(workbook: bytes) -> bytes:
    """A workbook whose directory says that its sheet has 10 bytes, unpacked."""
    with zipfile.ZipFile(io.BytesIO(workbook)) as archive:
        size = archive.getinfo("xl/worksheets/sheet1.xml").file_size
    return workbook.replace(struct.pack("<L", size), struct.pack("<L", 10))


TEXT = ",".join(HEADINGS)
CASES: dict[str, tuple[Callable[[Path], None], str]] = {
    "empty": (raw(b""), "EMPTY_FILE"),
    "a picture": (raw(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 10), "UNREADABLE_FILE"),
    "a PDF": (raw(b"%PDF-1.7\n\x00\x01\x02" + b"stream" * 30), "UNREADABLE_FILE"),
    "a web page": (raw(b"<html><body>404</body></html>"), "NO_HEADINGS"),
    "another ZIP": (raw(zipped(a_xml=b"x")), "UNREADABLE_FILE"),
    "text in Big5, which is not read": (raw("編號,單位名稱\n1,".encode("big5") + b"\xff\xff\n"), "WRONG_ENCODING"),
    "UTF-16 cut in a character": (raw(TEXT.encode("utf-16") + b"\x31"), "CUT_OFF"),
    "UTF-8 cut in a character": (raw((TEXT + "\n1,甲").encode()[:-1]), "CUT_OFF"),
    "CSV cut in a row": (raw((TEXT + "\n" + "1,甲,,,,,,,,\n2,乙").encode()), "CUT_OFF"),
    "CSV cut in quotation marks": (raw((TEXT + '\n1,"甲').encode()), "CUT_OFF"),
    "a quotation mark inside of a cell": (raw((TEXT + '\n1,"甲"乙,,\n').encode()), "UNREADABLE_FILE"),
    "a cell without an end": (raw((TEXT + '\n1,"' + "甲" * 200_000).encode()), "UNREADABLE_FILE"),
    "a workbook cut off": (xlsx(lambda data: data[: len(data) // 2]), "CUT_OFF"),
    "a workbook with a wrong byte": (xlsx(lambda data: data[:1500] + bytes([data[1500] ^ 1]) + data[1501:]), "CUT_OFF"),
    "a workbook that lies about its size": (xlsx(lying), "CUT_OFF"),
    "no headings": (bytes_of([["甲", "乙"], ["1", "2"]]), "NO_HEADINGS"),
    "a required heading is missing": (bytes_of([["编号", "人数"], ["1", "2"]]), "MISSING_HEADING"),
    "two headings alike": (bytes_of([["编号", "名称", "单位名称"], ["1", "2", "3"]]), "DUPLICATE_HEADING"),
    "another currency": (bytes_of([["编号", "名称", "注册资本（万美元）"], ["1", "2", "3"]]), "WRONG_UNIT"),
    "16,384 columns": (xlsx(with_sheet(b'<row r="1"><c r="A1"><v>1</v></c><c r="XFD1"><v>1</v></c></row>')), "TOO_MANY_COLUMNS"),
    "16,384 columns as text": (raw((TEXT + "\n" + "," * 16_383 + "\n").encode()), "TOO_MANY_COLUMNS"),
    "two cells far apart": (
        xlsx(with_sheet(b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c s="1" r="ZZ1048576"><v>1</v></c></row>')),
        "FILE_TOO_LARGE",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_file_that_cannot_be_read_says_why(tmp_path: Path, case: str) -> None:
    write, code = CASES[case]
    write(tmp_path / "file")
    assert refusal(tmp_path / "file").code == code


def test_a_zip_bomb_is_refused_before_it_takes_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    most, size = 4 * 2**20, 40 * 2**20
    monkeypatch.setattr(archive, "MAX_UNPACKED", most)
    write_xlsx(tmp_path / "small.xlsx", GOOD)
    with (
        zipfile.ZipFile(tmp_path / "small.xlsx") as old,
        zipfile.ZipFile(tmp_path / "bomb", "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, b" " * size if name == "xl/worksheets/sheet1.xml" else old.read(name))
    assert (tmp_path / "bomb").stat().st_size < 100_000
    lie = (tmp_path / "bomb").read_bytes().replace(struct.pack("<L", size), struct.pack("<L", 1000))
    (tmp_path / "lie").write_bytes(lie)
    tracemalloc.start()
    assert refusal(tmp_path / "bomb").code == "FILE_TOO_LARGE"
    assert refusal(tmp_path / "lie").code in {"FILE_TOO_LARGE", "CUT_OFF"}
    assert tracemalloc.get_traced_memory()[1] < 2 * most
    tracemalloc.stop()


def test_formatted_cells_without_values_cost_nothing(tmp_path: Path) -> None:
    cells = b'<c r="A1" t="inlineStr"><is><t>Number</t></is></c><c r="B1" t="inlineStr"><is><t>Name</t></is></c>'
    row = b'<row r="1">' + cells + b'<c r="XFD1" s="1"/></row>'
    rows = b"".join(b'<row r="%d"><c r="A%d" s="1"/></row>' % (number, number) for number in range(3, 1_000_001, 7))
    data = (
        b'<row r="2"><c r="A2" t="inlineStr"><is><t>1</t></is></c><c r="B2" t="inlineStr"><is><t>x</t></is></c></row>'
    )
    xlsx(with_sheet(row + data + rows))(tmp_path / "a")
    assert values_of(tmp_path / "a") == [{"number": "1", "name": "x"}]


def test_a_million_empty_rows_cost_little(tmp_path: Path) -> None:
    write_csv(tmp_path / "a", [HEADINGS, unit(1)])
    with (tmp_path / "a").open("ab") as file:
        file.write(b",,,,,\r\n" * 1_000_000)
    table = Table(tmp_path / "a", UNITS)
    assert [row.number for row in table.rows()] == [2]
    assert table.empty == 0


def test_a_declared_encoding_must_be_that_of_the_file(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a", GOOD, "gb18030")
    assert "GB18030" in refusal(path, FileMapping(encoding="utf-8")).message
    assert refusal(path, FileMapping(encoding="klingon")).code == "WRONG_ENCODING"
    assert len(values_of(path, FileMapping(encoding="gbk"))) == 20


def test_a_formula_in_a_name_is_a_fault_of_its_cell(tmp_path: Path) -> None:
    from resolvers.writing.values import BadValue

    table = Table(write_csv(tmp_path / "a", [HEADINGS[:2], ["1", '=HYPERLINK("http://x","甲")']]), UNITS)
    (row,) = table.rows()
    with pytest.raises(BadValue, match="formula"):
        table.kind.column("name").type.read(row.values["name"])


def test_names_of_cells() -> None:
    assert [cell(1, place) for place in (0, 25, 26, 701, 702)] == ["A1", "Z1", "AA1", "ZZ1", "AAA1"]
    assert [place_of(letter) for letter in ("A", "Z", "AA", "ZZ", "AAA")] == [0, 25, 26, 701, 702]

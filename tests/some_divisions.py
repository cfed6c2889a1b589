"""The divisions of the template: all down to the counties, and the townships of a few places, so that copies of it are small."""

from db.divisions import DivisionLevel
from db.reference.load_divisions import FILES, FOLDER, Loader
from db.server.migrate import connect

TOWNSHIPS = ("11", "33", "3710", "4403", "50")
"""北京, 浙江, 威海, 深圳 and 重庆, by the beginnings of their codes: where the tests' persons and unions are."""


async def load_territory(url: str) -> None:
    """Load them into a migrated database, with the reference data that hangs on them."""
    connection = await connect(url)
    try:
        async with connection.transaction():
            loader = Loader(connection, None)
            for level in (DivisionLevel.PROVINCE, DivisionLevel.CITY, DivisionLevel.COUNTY):
                await loader.level(level, FOLDER / FILES[level][0])
            for within in TOWNSHIPS:
                await loader.level(DivisionLevel.TOWNSHIP, FOLDER / FILES[DivisionLevel.TOWNSHIP][0], within)
            await loader.reference()
            await loader.advance_sequence()
    finally:
        await connection.close()

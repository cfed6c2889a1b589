"""Load the page: each article's rows in one transaction with the federation, then its figures."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import asyncpg

from db.encryption.keys import KeyRing
from db.errors import DataError
from db.page import (
    chongqing_activities,
    chongqing_activity_figures,
    chongqing_figures,
    chongqing_policy,
    huainan,
    railway_care,
    railway_figures,
    shenzhen,
    shenzhen_figures,
    tongchuan,
    tongchuan_figures,
    weihai_activities,
    weihai_activity_figures,
    weihai_cases,
    weihai_figures,
    weihai_members,
    weihai_relief,
    weihai_relief_figures,
    yunnan,
    yunnan_cadres,
    yunnan_figures,
    yunnan_gifts,
    yunnan_training,
    yunnan_wishes,
    zhejiang,
    zhejiang_figures,
)
from db.page.figure import Figure
from db.page.people import People
from db.server.bulk_copy import copy_rows, without_indexes


@dataclass(frozen=True, slots=True)
class Article:
    """An article of the page: its title, the function that writes its rows (with the maker of members), and its figures."""

    title: str
    write: Callable[[asyncpg.Connection, People], Awaitable[None]]
    figures: Sequence[Figure]


ARTICLES: tuple[Article, ...] = (
    Article("浙江:新就业形态劳动者“兜底建”", zhejiang.write, zhejiang_figures.FIGURES),
    Article("山东威海:农民工入会", weihai_members.write, weihai_figures.FIGURES),
    Article("陕西铜川:“五好”工会", tongchuan.write, tongchuan_figures.FIGURES),
    Article("重庆:快递员优先参加工伤保险", chongqing_policy.write, chongqing_figures.FIGURES),
    Article("山东威海:农民工技能培训", weihai_activities.write, weihai_activity_figures.ACTIVITIES),
    Article("山东威海:农民工工资案件", weihai_cases.write, weihai_activity_figures.CASES),
    Article("山东威海:困难农民工帮扶", weihai_relief.write, weihai_relief_figures.FIGURES),
    Article("重庆:快递员“暖蜂行动”", chongqing_activities.write, chongqing_activity_figures.FIGURES),
    Article("安徽淮南:新业态招聘会", huainan.write, huainan.FIGURES),
    Article("广东深圳:劳动争议三方联合调解", shenzhen.write, shenzhen_figures.FIGURES),
    Article("沪滇对口协作:协议续签", yunnan.write, yunnan_figures.AGREED),
    Article("沪滇对口协作:认领“微心愿”", yunnan_wishes.write, yunnan_figures.WISHED),
    Article("沪滇对口协作:工会干部线上培训", yunnan_training.write, yunnan_training.FIGURES),
    Article("沪滇对口协作:捐赠、疗休养基地与援建", yunnan_gifts.write, yunnan_figures.GIFTS),
    Article("沪滇对口协作:援滇干部走访慰问", yunnan_cadres.write, yunnan_figures.VISITED),
    Article("中铁四局:患病职工帮扶", railway_care.write, railway_figures.FIGURES),
)


PUBLISHED = (
    "code",
    "article",
    "phrase",
    "question",
    "claim",
    "unit",
    "qualifier",
    "division_id",
    "organization_id",
    "is_sensitive",
    "starts_on",
    "ends_on",
    "query",
    "path",
)


async def load_page(connection: asyncpg.Connection, ring: KeyRing, seed: int) -> None:
    """Write all articles into the federation that was generated from ``seed``, inside the caller's transaction. ``ring`` seals personal
    data.

    Raises:
        DataError: a place or union of the page does not exist.
    """
    people = People(connection, ring, seed)
    # many rows load faster if their foreign keys are checked in one pass
    async with without_indexes(connection, ["attendance"]):
        for article in ARTICLES:
            await article.write(connection, people)
    await publish(connection, [(article.title, figure) for article in ARTICLES for figure in article.figures])


ANSWERABLE = """
WITH named AS (SELECT name, min(id) AS id FROM organization WHERE name = ANY ($2) GROUP BY name)
SELECT d.id AS division,
       CASE WHEN f.organization IS NOT NULL THEN n.id
            ELSE (SELECT min(id) FROM organization WHERE kind = 'LOCAL_FEDERATION' AND division_id = d.id) END AS organization
FROM unnest($1::text[], $2::text[]) WITH ORDINALITY f (division, organization, position)
LEFT JOIN division d ON d.valid_to IS NULL AND d.code = f.division LEFT JOIN named n ON n.name = f.organization
ORDER BY f.position
"""
"""SQL: for each division code in $1 and union name in $2 their IDs; without a name the division's local federation."""


async def publish(connection: asyncpg.Connection, figures: Sequence[tuple[str, Figure]]) -> None:
    """Write the claims of figures, each with its article's title."""
    rows = []
    places = [figure.division for _, figure in figures], [figure.organization for _, figure in figures]
    for (article, figure), found in zip(figures, await connection.fetch(ANSWERABLE, *places), strict=True):
        if found["division"] is None:
            raise DataError(f"{figure.code}: there is no division {figure.division}.")
        if found["organization"] is None:
            named = figure.organization or f"of division {figure.division}"
            raise DataError(f"{figure.code}: there is no union {named}.")
        rows.append(
            (
                figure.code,
                article,
                figure.phrase,
                figure.question,
                figure.claim,
                figure.unit.name,
                figure.qualifier.name,
                found["division"],
                found["organization"],
                figure.sensitive,
                figure.starts_on,
                figure.ends_on,
                figure.query,
                figure.path,
            )
        )
    await copy_rows(connection, "published_figure", PUBLISHED, rows)

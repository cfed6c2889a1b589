"""The page's operations as the explorer's examples: ``explorer/src/examples/page.json``, printed from the figures."""

import json
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from graphql import OperationDefinitionNode, parse, print_ast

from db.page.figure import Figure
from db.page.load import ARTICLES

PLACE = Path(__file__).parents[2] / "explorer" / "src" / "examples" / "page.json"
WIDTH = 62
"""Columns of a line that an editor shows beside the answer on a screen of 1440 pixels; a Chinese character takes two."""


def printed() -> str:
    """The file: articles in their order, each with its figures, and for each an operation that can be sent as it stands."""
    articles = [
        {
            "article": article.title,
            "examples": [
                {
                    "name": name(figure.code),
                    "question": figure.question,
                    "phrase": figure.phrase,
                    "query": operation(figure),
                }
                for figure in article.figures
            ],
        }
        for article in ARTICLES
    ]
    return json.dumps(articles, ensure_ascii=False, indent=2) + "\n"


def operation(figure: Figure) -> str:
    """The figure's query under the name of its code, below a comment: the question in words, and the phrase of the page."""
    text = print_ast(parse(figure.query))
    (node,) = (node for node in parse(text).definitions if isinstance(node, OperationDefinitionNode))
    assert node.name is None, f"{figure.code}: its query has a name of its own"
    assert node.loc is not None
    body = text[: node.loc.start] + f"query {name(figure.code)} " + text[node.loc.start :].removeprefix("query ")
    return "\n".join([*comment(figure.question), *comment(f"— {figure.phrase}"), "", body, ""])


def name(code: str) -> str:
    """A code as a name in GraphQL."""
    return re.sub(r"\W", "_", code)


def comment(text: str) -> Iterator[str]:
    """Lines of a comment: words stay whole, Chinese is broken anywhere."""
    line = "#"
    for part in re.findall(r"\s*(?:[!-~]+|\S)", re.sub(r"\s+", " ", " " + text)):
        if columns(line + part) > WIDTH:
            yield line
            line, part = "#", " " + part.lstrip()
        line += part
    yield line


def columns(text: str) -> int:
    """How many columns a text takes in an editor."""
    return sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text)

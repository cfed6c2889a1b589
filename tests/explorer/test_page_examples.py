"""The page's operations among the explorer's examples: the figures' own queries, and a hub answers each as it stands."""

import json
import os
from typing import Any

import httpx
from graphql import parse, print_ast

from db.page.load import ARTICLES
from tests.explorer import page_examples

FIGURES = {page_examples.name(figure.code): figure for article in ARTICLES for figure in article.figures}


def examples() -> dict[str, dict[str, Any]]:
    """The examples of the file, by name."""
    return {found["name"]: found for part in json.loads(page_examples.PLACE.read_text()) for found in part["examples"]}


def test_the_examples_of_the_page_are_printed_from_its_figures() -> None:
    """With ``UPDATE_DOCS=1`` they are written anew."""
    wanted = page_examples.printed()
    if os.environ.get("UPDATE_DOCS"):
        page_examples.PLACE.write_text(wanted)
        return
    assert page_examples.PLACE.read_text() == wanted, "the page was changed: make page"


def test_an_example_of_the_page_is_its_figures_query_with_a_name_and_a_comment_that_fits_the_editor() -> None:
    found = examples()
    assert found.keys() == FIGURES.keys()
    for name, example in found.items():
        (node,) = parse(example["query"]).definitions
        assert print_ast(node).removeprefix(f"query {name} ") == print_ast(parse(FIGURES[name].query))
        comment = [line for line in example["query"].splitlines() if line.startswith("#")]
        assert max(map(page_examples.columns, comment)) <= page_examples.WIDTH
        told = "".join("".join(line.removeprefix("#") for line in comment).split())
        assert told == "".join(f"{FIGURES[name].question}—{FIGURES[name].phrase}".split())


def test_a_hub_answers_every_example_of_the_page_as_it_stands(hub_url: str, hub_token: str) -> None:
    wrong = {}
    with httpx.Client(headers={"authorization": f"Bearer {hub_token}"}, timeout=30) as client:
        for name, example in examples().items():
            response = client.post(f"{hub_url}/graphql", json={"query": example["query"]})
            answer = response.json()
            told = value(answer.get("data"), FIGURES[name].path) is not None or FIGURES[name].sensitive
            if response.status_code != 200 or "errors" in answer or not told:
                wrong[name] = answer
    assert wrong == {}


def value(data: Any, path: str) -> Any:
    """What stands at a figure's path, None where the way ends before it."""
    for part in path.split("."):
        if data is None:
            return None
        data = data[int(part)] if part.isdigit() else data.get(part)
    return data

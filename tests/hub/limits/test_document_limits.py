"""Limits of a document, counted before it is validated and in linear time."""

import time
from collections.abc import Callable

import pytest
from graphql import build_schema, get_introspection_query

from hub.documents import Accepted, Documents
from hub.limits.document_limits import Limits

SCHEMA = build_schema(
    """
    type Query { a(x: Int, y: String, in: I): Query, b: Query, c: Query, s: String, n: Int, u: U, i: N }
    input I { a: I, b: [Int] }
    union U = Query | T
    interface N { n: Int }
    type T implements N { s: Int, a: T, n: Int }
    """
)
UNLIMITED = Limits(max_depth=10**9, max_aliases=10**9, max_fields=10**400)


def code(query: str, limits: Limits | None = None) -> str | None:
    found = Documents(SCHEMA, limits or Limits()).read(query)
    return None if isinstance(found, Accepted) else found.code


def nested(levels: int) -> str:
    return "{ " + "a { " * (levels - 1) + "s" + " }" * levels


def test_depth_is_bounded() -> None:
    assert code(nested(20)) is None
    assert code(nested(21)) == "TOO_DEEP"
    assert code(nested(50)) == "TOO_DEEP"
    assert code(nested(400)) == "TOO_DEEP"
    assert code("{ a(in: " + "{a: " * 400 + "null" + "}" * 400 + ") { s } }") == "TOO_DEEP"


def test_depth_follows_fragments() -> None:
    chain = "".join(f"fragment F{i} on Query {{ a {{ ...F{i + 1} }} }} " for i in range(25))
    assert code("{ ...F0 } " + chain + "fragment F25 on Query { s }") == "TOO_DEEP"
    assert code("{ ...F15 } " + chain[chain.index("fragment F15") :] + "fragment F25 on Query { s }") is None


def test_inline_fragments_are_no_levels() -> None:
    assert code("{ " + "... on Query { " * 100 + "s" + " }" * 101) is None


def test_aliases_are_bounded_and_counted_at_every_spread() -> None:
    def aliased(count: int) -> str:
        return "{ " + " ".join(f"s{i}: s" for i in range(count)) + " }"

    assert code(aliased(100)) is None
    assert code(aliased(101)) == "TOO_MANY_ALIASES"
    fragment = "fragment F on Query " + aliased(30)
    assert code("{ a { ...F } b { ...F } c { ...F } } " + fragment) is None
    assert code("{ a { ...F } b { ...F } c { ...F } ...F } " + fragment) == "TOO_MANY_ALIASES"


def test_fields_are_bounded_and_counted_at_every_spread() -> None:
    assert code("{ " + "s " * 2000 + "}", Limits(max_tokens=10_000)) in (None, "TOO_COMPLEX")
    assert code("{ " + "s " * 2001 + "}") == "TOO_MANY_FIELDS"
    doubling = "".join(f"fragment F{i} on Query {{ a {{ ...F{i + 1} }} b {{ ...F{i + 1} }} }} " for i in range(15))
    assert code("{ ...F0 } " + doubling + "fragment F15 on Query { s }") == "TOO_MANY_FIELDS"


def test_tokens_are_bounded_comments_too() -> None:
    assert code("{ " + "s " * 5_000 + "}") == "TOO_MANY_TOKENS"
    assert code("#\n" * 5_001 + "{ s }") == "TOO_MANY_TOKENS"


def test_operations_are_bounded() -> None:
    assert code(" ".join(f"query Q{i} {{ s }}" for i in range(51))) == "TOO_MANY_OPERATIONS"


def test_every_operation_is_counted() -> None:
    assert code("query A { s } query B " + nested(21)) == "TOO_DEEP"


def test_fragments_of_many_components_spread_beside_each_other_pass() -> None:
    fragments = many(40, lambda i: f"fragment F{i} on Query {{ s n a {{ s n b {{ s n }} }} }}")
    assert code("{ a { " + many(40, lambda i: f"...F{i}") + " } } " + fragments) is None


def test_limits_are_settings() -> None:
    limits = Limits(max_tokens=12, max_depth=2, max_aliases=1, max_fields=3)
    assert code("{ a { s } }", limits) is None
    assert code("{ a { a { s } } }", limits) == "TOO_DEEP"
    assert code("{ x: s y: s }", limits) == "TOO_MANY_ALIASES"
    assert code("{ a { s } s n }", limits) == "TOO_MANY_FIELDS"
    assert code("{ s s s s s s s s s s s s s s }", limits) == "TOO_MANY_TOKENS"


def test_standard_introspection_passes_also_under_small_limits() -> None:
    query = get_introspection_query(
        specified_by_url=True, directive_is_repeatable=True, schema_description=True, input_value_deprecation=True
    )
    assert code(query, Limits(max_depth=3, max_aliases=0)) is None


def test_introspection_is_not_multiplied() -> None:
    assert code("{ __schema { " + " ".join(f"t{i}: types {{ name }}" for i in range(5)) + " } }") == "TOO_MANY_FIELDS"
    assert code("{ " + " ".join(f"t{i}: __schema {{ types {{ name }} }}" for i in range(5)) + " }") == "TOO_MANY_FIELDS"
    fragment = " fragment F on __Type { f: fields { a: args { name } g: args { name } } }"
    assert code("{ __schema { types { ...F } queryType { ...F } } }" + fragment) == "TOO_MANY_FIELDS"
    assert code("{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }") == "TOO_DEEP"


def test_cycles_and_missing_fragments_are_left_to_validation() -> None:
    assert code("{ ...A } fragment A on Query { a { ...B } } fragment B on Query { ...A }") == "VALIDATION_FAILED"
    assert code("{ ...A } fragment A on Query { ...A }") == "VALIDATION_FAILED"
    assert code("{ ...Missing }") == "VALIDATION_FAILED"
    assert code("fragment A on Query { s }") == "VALIDATION_FAILED"
    assert code("type Query { s: Int }") == "VALIDATION_FAILED"


def chain(length: int, body: Callable[[int], str]) -> str:
    return (
        "query { ...F0 } "
        + " ".join(f"fragment F{i} on Query {{ {body(i + 1)} }}" for i in range(length))
        + f" fragment F{length} on Query {{ s }}"
    )


def many(count: int, text: Callable[[int], str]) -> str:
    return " ".join(text(i) for i in range(count))


HOSTILE = {
    "doubling fragments": chain(250, lambda i: f"a {{ ...F{i} }} b {{ ...F{i} }}"),
    "doubling fragments on one level": chain(300, lambda i: f"...F{i} ...F{i} s"),
    "same field, other arguments": "{" + many(490, lambda i: f"a(x:{i}){{s}}") + "}",
    "same leaf, other arguments": "{" + many(700, lambda i: f"a(x:{i})") + "}",
    "same alias, other arguments": "{" + many(400, lambda i: f"z:a(x:{i}){{s}}") + "}",
    "same field, 1,200 times": "{" + "a{s}" * 1_200 + "}",
    "2,000 same-named fields": "{" + "s " * 2_000 + "}",
    "same tree, 400 times": "{" + "a{b{c{s}}}" * 400 + "}",
    "190 levels": nested(190),
    "fragments that conflict": "{"
    + many(220, lambda i: f"...F{i}")
    + "}"
    + many(220, lambda i: f"fragment F{i} on Query{{a(x:{i}){{s}}}}"),
    "fragments that agree": "{"
    + many(200, lambda i: f"...F{i}")
    + "}"
    + many(200, lambda i: f"fragment F{i} on Query{{a{{s n b{{s}}}} c{{n}}}}"),
    "operations over a chain of fragments": many(49, lambda i: f"query O{i}($v:Int){{...F0}}")
    + chain(230, lambda i: f"a(x:$v){{s}} ...F{i}")[16:],
    "fragments in types that exclude each other": "{u{"
    + many(190, lambda i: f"...on Query{{a(x:{i}){{s}}}} ...on T{{a{{s}}}}")
    + "}}",
    "nested inline fragments": "{" + "...on Query{" * 180 + "s" + "}" * 181,
    "many directives": "{s" + "@include(if:true)" * 700 + "}",
    "long list": "{a(in:{b:[" + "1 " * 4_900 + "]}){s}}",
    "deep input": "{a(in:" + "{a:" * 150 + "null" + "}" * 150 + "){s}}",
    "unknown fields": "{" + many(1_900, lambda i: f"q{i}") + "}",
    "one name of 250 kB": "{" + "q" * 250_000 + "}",
    "one string of 250 kB": '{a(y:"' + "q" * 250_000 + '"){s}}',
    "one block string of 80,000 lines": '{a(y:"""' + "\n q" * 80_000 + '"""){s}}',
    "250 kB of spaces": " " * 250_000 + "{s}",
    "many variables": "query(" + many(1_200, lambda i: f"$v{i}:Int") + "){s}",
    "same argument, 1,600 times": "{a(" + many(1_600, lambda i: "x:1") + "){s}}",
    "introspection of types of types": "{__schema{types{fields{type{" + "ofType{" * 150 + "name" + "}" * 155,
}


@pytest.mark.parametrize("limits", [Limits(), UNLIMITED], ids=["limits", "validation alone"])
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_documents_are_read_in_little_time(name: str, limits: Limits) -> None:
    documents = Documents(SCHEMA, limits)
    best = float("inf")
    for _ in range(5):
        started = time.thread_time()
        documents.read(HOSTILE[name])
        best = min(best, time.thread_time() - started)
        if best < 0.2:
            break
    assert best < 1.0  # a fifth of it on a machine with nothing else to do

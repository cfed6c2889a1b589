"""The document cache."""

import tracemalloc

from graphql import build_schema

from hub.documents import BYTES_A_TOKEN, Accepted, Documents, Lru, Rejected, count_tokens
from hub.limits.document_limits import Limits

SCHEMA = build_schema("type Query { s(of: Int): String }")


def documents(max_count: int = 16, max_bytes: int = 2**20) -> Documents:
    return Documents(SCHEMA, Limits(), max_count=max_count, max_bytes=max_bytes)


def test_document_is_read_once() -> None:
    kept = documents()
    first = kept.get("{ s }")
    assert isinstance(first, Accepted)
    assert kept.get("{ s }") is first
    assert kept.get("{  s }") is not first
    assert kept.misses == 2


def test_rejections_are_kept_apart_and_do_not_push_documents_out() -> None:
    kept = documents()
    good = kept.get("{ s }")
    for number in range(50):
        assert isinstance(kept.get(f"{{ q{number} }}"), Rejected)
    assert kept.get("{ s }") is good
    assert kept.statistics()["rejected"] == 2
    assert kept.statistics()["kept"] == 1


def test_documents_used_last_are_kept() -> None:
    kept = documents(max_count=2)
    first = kept.get("{ a: s }")
    kept.get("{ b: s }")
    assert kept.get("{ a: s }") is first
    kept.get("{ c: s }")
    assert kept.get("{ a: s }") is first
    assert kept.misses == 3
    kept.get("{ b: s }")
    assert kept.misses == 4


def test_cache_is_bounded_in_bytes() -> None:
    kept = documents(max_count=10_000, max_bytes=200_000)
    for number in range(500):
        kept.get(f"{{ a{number}: s }}")
    assert 0 < kept.accepted.bytes <= 200_000
    assert kept.accepted.bytes == sum(weight for _, weight in kept.accepted.entries.values())
    assert isinstance(kept.get("{ " + "s " * 1_000 + "}"), Accepted | Rejected)
    assert kept.accepted.bytes <= 200_000


def test_what_is_too_heavy_is_not_kept() -> None:
    lru: Lru[str] = Lru(10, 100)
    lru.put("heavy", "x", 26)
    lru.put("light", "y", 25)
    assert lru.get("heavy") is None
    assert lru.get("light") == "y"
    assert lru.bytes == 25


def test_weight_of_a_document_is_near_its_memory() -> None:
    text = "{ " + " ".join(f"a{number}: s(of: {number})" for number in range(90)) + " }"
    reader = documents()
    reader.read(text)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    found = reader.read(text)
    used = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert isinstance(found, Accepted)
    assert 0.5 < used / (BYTES_A_TOKEN * count_tokens(found.document.ast)) < 1.5


def test_operation_is_chosen_by_name() -> None:
    found = documents().get("query A { s } query B { __typename }")
    assert isinstance(found, Accepted)
    assert found.operation(None) is None
    assert found.operation("C") is None
    chosen = found.operation("B")
    assert chosen is not None
    assert chosen.depth == 1
    alone = documents().get("query A { s }")
    assert isinstance(alone, Accepted)
    assert alone.operation(None) is alone.operation("A")

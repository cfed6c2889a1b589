"""The document cache."""

import tracemalloc

from graphql import build_schema

from hub.documents import Accepted, Documents, Rejected
from hub.limits.document_limits import Limits

SCHEMA = build_schema("type Query { s(of: Int): String }")


def documents(max_bytes: int = 2**20) -> Documents:
    return Documents(SCHEMA, Limits(), max_bytes=max_bytes)


def test_document_is_read_once() -> None:
    kept = documents()
    first = kept.get("{ s }")
    assert isinstance(first, Accepted)
    assert kept.get("{ s }") is first
    assert kept.get("{  s }") is not first
    assert kept.statistics()["misses"] == 2


def test_rejections_are_kept_apart_and_do_not_push_documents_out() -> None:
    kept = documents(max_bytes=40_000)
    good = kept.get("{ s }")
    for number in range(50):
        assert isinstance(kept.get(f"{{ q{number} }}"), Rejected)
    assert kept.get("{ s }") is good
    figures = kept.statistics()
    assert 0 < figures["rejected"] < 5
    assert figures["kept"] == 1


def test_documents_sent_once_do_not_push_out_what_is_sent_again_and_again() -> None:
    kept = documents(max_bytes=200_000)
    popular = kept.get("{ popular: s }")
    for number in range(500):
        kept.get(f"{{ a{number}: s }}")
        assert kept.get("{ popular: s }") is popular
    figures = kept.statistics()
    assert 0 < figures["bytes"] <= 200_000
    assert 1 < figures["kept"] < 100


def test_a_document_sent_a_second_time_is_kept_though_the_cache_is_full() -> None:
    kept = documents(max_bytes=50_000)
    for number in range(100):
        kept.get(f"{{ a{number}: s }}")
    kept.statistics()
    for _ in range(3):
        new = kept.get("{ new: s }")
        kept.statistics()
    assert kept.get("{ new: s }") is new


def test_what_is_larger_than_the_cache_is_not_kept() -> None:
    kept = documents(max_bytes=20_000)
    assert isinstance(kept.get("{ " + " ".join(f"a{number}: s" for number in range(90)) + " }"), Accepted)
    assert kept.statistics()["kept"] == 0


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
    assert 0.5 < used / found.document.weight < 1.5


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

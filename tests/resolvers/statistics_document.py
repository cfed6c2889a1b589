"""The table of ``docs/statistics.md``: for each kind of record its dimensions, measures and events, as the registry has them."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from resolvers.code_lists import RecordKind
from resolvers.engine.declare.statistics import Measure, Rate, Ref, Statistic
from resolvers.engine.request.arguments import camel
from resolvers.engine.statistics.published import NAMING

PLACE = Path(__file__).parents[2] / "docs" / "statistics.md"
MARK = "<!-- From here on: printed from the registry by UPDATE_DOCS=1 pytest tests/resolvers/test_statistics_document.py -->\n"
HEAD = ("Kind", "Ends", "Dimensions", "Measures", "Events")


def table(statistics: Mapping[str, Statistic]) -> str:
    """A row for each kind, in the order of ``RecordKind``."""
    rows = [_row(kind, statistics[kind.name]) for kind in RecordKind]
    return "\n".join([MARK, _line(HEAD), "|---" * len(HEAD) + "|", *rows, ""])


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _row(kind: RecordKind, statistic: Statistic) -> str:
    return _line(
        (
            f"`{kind.name}` {kind.label}",
            _ends(statistic),
            " ".join(
                f"`{name}`{' †' * (isinstance(found, Ref) or name in NAMING)}"
                for name, found in statistic.dimensions.items()
            )
            or "–",
            " ".join(
                [_measure(name, found) for name, found in measures(statistic).items()]
                + [_rate(statistic, name, rate) for name, rate in statistic.rates.items()]
            ),
            " ".join(f"`{name}`" for name in events(statistic)),
        )
    )


def measures(statistic: Statistic) -> dict[str, Measure]:
    """The measures of a kind by their Python names, with that which every kind has."""
    found = {"records": statistic.measure("records"), **statistic.measures}
    return {name: measure for name, measure in found.items() if measure is not None}


def events(statistic: Statistic) -> list[str]:
    """The events of a kind, with those that it need not declare."""
    return list(dict.fromkeys(["BEGAN", *(["ENDED"] if statistic.ends is not None else []), *statistic.events]))


def _ends(statistic: Statistic) -> str:
    if statistic.ends is None:
        return "no"
    return "yes" if statistic.known else "yes ‡"


def _rate(statistic: Statistic, name: str, rate: Rate) -> str:
    found = [statistic.measure(of) for of in (rate.part, rate.whole)]
    by_event = any(measure is not None and measure.event is not None for measure in found)
    return f"`{camel(name)}` %{' §' * by_event}"


def _measure(name: str, measure: Measure) -> str:
    return f"`{camel(name)}`{'' if measure.event is None else ' §'}"

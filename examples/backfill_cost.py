"""How long a backfill takes and what it costs: docs/backfill.md has its tables and says what is assumed.

python examples/backfill_cost.py                                            # the tables of the document
python examples/backfill_cost.py --tokens-per-second 4000 --price 2.50 --tokens 1750 --replicas 8   # your figures
"""

import argparse

ARTICLES = 10_000_000
TOKENS = 3_589
"""Written for the page of docs/operations.md: two translations and three bullets."""

TOKENS_ONE_LANGUAGE = 1_750
"""Of these for one translation: taken as half of what is not bullets, since the languages were not measured apart."""

MEASURED = {
    "demo model (1.5B chat, int8), whole pages": 100.6,
    "M2M100 shape, 128k pieces, int8": 657.0,
    "M2M100 shape of 148M, float32": 772.0,
    "M2M100 shape of 148M, int8": 969.0,
}
"""Tokens written a second by a replica on two processors, from docs/measurements.md."""

WANTED = (1_000.0, 5_000.0, 20_000.0)
"""Tokens a second for which docs/operations.md counts too; no device that does them was measured."""


def replica_hours(articles: int, tokens: int, tokens_per_second: float, share: float = 1.0) -> float:
    """Hours of one replica.

    Args:
        articles: how many.
        tokens: written for each.
        tokens_per_second: written by a replica whose slots are full.
        share: of a replica's time that is left for the backfill.
    """
    return articles * tokens / (tokens_per_second * share) / 3_600


def row(name: str, tokens_per_second: float, options: argparse.Namespace) -> str:
    """A line of a table."""
    hours = replica_hours(options.articles, options.tokens, tokens_per_second, options.share)
    days = hours / options.replicas / 24
    an_hour = options.articles / hours
    return f"| {name} | {an_hour:,.0f} | {hours:,.0f} | {days:,.1f} | {hours * options.price:,.0f} |"


def table(names: dict[str, float], options: argparse.Namespace) -> str:
    """A table with a line for each name and its tokens a second."""
    head = (
        f"| {options.articles:,} articles, {options.tokens:,} tokens written for each | articles an hour, one replica "
        f"| replica-hours | days with {options.replicas} | cost at {options.price:.2f} an hour |"
    )
    return "\n".join([head, "| --- | --- | --- | --- | --- |", *(row(name, names[name], options) for name in names)])


def main() -> None:
    """Print the tables of the document, or one of the reader's own figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=ARTICLES)
    parser.add_argument("--tokens", type=int, default=TOKENS, help="written for an article, as Usage tells")
    parser.add_argument("--tokens-per-second", type=float, help="written by one replica")
    parser.add_argument("--replicas", type=int, default=100)
    parser.add_argument("--price", type=float, default=0.10, help="of a replica, an hour")
    parser.add_argument("--share", type=float, default=1.0, help="of a replica's time that is left for the backfill")
    options = parser.parse_args()
    if options.tokens_per_second:
        print(table({f"{options.tokens_per_second:,.0f} tokens a second": options.tokens_per_second}, options))
        return
    print(table(MEASURED, options))
    one_language = argparse.Namespace(**{**vars(options), "tokens": TOKENS_ONE_LANGUAGE})
    print("\n" + table(MEASURED, one_language))
    devices = argparse.Namespace(**{**vars(options), "replicas": 4, "price": 3.00})
    print("\n" + table({f"{speed:,.0f} tokens a second": speed for speed in WANTED}, devices))


if __name__ == "__main__":
    main()

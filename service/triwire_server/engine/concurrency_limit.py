"""How many requests another server takes at once, learned from its refusals. Pure: no clock, no network."""


class ConcurrencyLimit:
    """Halved when the server is full, and one wider for each round of answers while all of it is used.

    Additive increase, multiplicative decrease, as in TCP (Chiu and Jain 1989): clients that share a server come to
    shares of it without knowing of each other.

    Args:
        most: the bound while nothing is refused, at least 1.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._limit = float(most)

    @property
    def value(self) -> int:
        """Requests that may be under way now, from 1 to `most`."""
        return int(self._limit)

    def answered(self, in_flight: int) -> None:
        """An answer came.

        Args:
            in_flight: requests that were under way with it, itself included. Fewer than the limit tell nothing of more.
        """
        if in_flight >= self.value:
            self._limit = min(float(self._most), self._limit + 1 / self._limit)

    def refused(self, in_flight: int) -> None:
        """The server was full. To be told once for the requests that were sent together.

        Args:
            in_flight: requests that were under way, the refused one included.
        """
        self._limit = max(1.0, min(self._limit, float(in_flight)) / 2)

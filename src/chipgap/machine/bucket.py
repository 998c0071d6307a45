"""A token bucket: lets bytes pass at a set rate, as a network card or a cut-down link would."""

import time

from chipgap.machine.alphabeta import BYTES_PER_GB

PIECE_BYTES = 16 * 1024
"""Fewer bytes than this are only sent when no more are left: each sending has a cost of its own."""
FULL_AFTER_S = 0.02
"""Unused tokens of this many seconds are kept, so that one late wake-up does not cost bandwidth."""


class TokenBucket:
    """Says how many bytes may be sent now.

    It starts empty, so over any time since :meth:`empty` no more bytes pass than ``limit_gbs`` allows.
    Without a limit everything may pass.
    """

    def __init__(self, limit_gbs: float | None) -> None:
        self._rate = None if limit_gbs is None else limit_gbs * BYTES_PER_GB
        self.empty()

    def empty(self) -> None:
        """Begin anew without a token."""
        self._tokens = 0.0
        self._looked_at = time.perf_counter()

    def allowed(self, wanted: int) -> int:
        """Return how many of the ``wanted`` bytes may be sent now (0: wait for :meth:`wait_s` first)."""
        if self._rate is None:
            return wanted
        now = time.perf_counter()
        most = max(PIECE_BYTES, self._rate * FULL_AFTER_S)
        self._tokens = min(most, self._tokens + (now - self._looked_at) * self._rate)
        self._looked_at = now
        return min(wanted, int(self._tokens)) if self._tokens >= min(wanted, PIECE_BYTES) else 0

    def wait_s(self, wanted: int) -> float:
        """Return the seconds until a piece of the ``wanted`` bytes may be sent."""
        if self._rate is None:
            return 0.0
        return max(0.0, (min(wanted, PIECE_BYTES) - self._tokens) / self._rate)

    def spend(self, sent: int) -> None:
        """Take the tokens of ``sent`` bytes out."""
        self._tokens -= sent

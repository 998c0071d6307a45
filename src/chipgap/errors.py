"""The one error family whose messages are written for the person at the keyboard."""


class ChipgapError(Exception):
    """Something the reader can put right; the message says what happened and what to do next.

    The command line prints such a message alone, without a traceback.
    """

"""The student's claim ledger: a verdict with evidence for each of the article's claims.

It is one plain file, ``ledger.json``, beside the student's notebooks::

    from chipgap.ledger import Ledger

    ledger = Ledger.open()
    ledger.record("A05", "wrong", "He said it on the call, not in the report.", "medium", ["SCMP"])
    ledger.progress()
"""

from chipgap.ledger.book import Ledger, Merged
from chipgap.ledger.entry import CONFIDENCES, VERDICTS, Entry, LedgerError
from chipgap.ledger.store import FILE_NAME
from chipgap.ledger.views import Progress, Report

__all__ = ["CONFIDENCES", "FILE_NAME", "VERDICTS", "Entry", "Ledger", "LedgerError", "Merged", "Progress", "Report"]

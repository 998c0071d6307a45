"""Measured, not promised: each module here prints one comparison. ``python start.py bench`` runs all."""

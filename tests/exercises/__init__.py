"""Every question of every exercise, against answers that a student could plausibly give."""

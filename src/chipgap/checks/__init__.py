"""Instant checks, one module a unit: ``from chipgap.checks import claim; claim.q1(value)``."""

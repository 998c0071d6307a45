"""The Chip Gap: lessons, data, widgets and grading for one news story about AI chips.

Importing the package costs nothing: each room is imported by the notebook that needs it.
"""

__version__ = "0.1.0"

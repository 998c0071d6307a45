"""Grading for any nbgrader course: feedback that keeps figures and secrets, exports, Moodle and Canvas.

Nothing here knows this course. The parts are named in ``nbgrader_config.py``; nbgrader loads them when it
needs them:

``feedback``
    What a student gets back: figures kept, hidden tests hidden, no network needed.
``export``
    Grades as properly quoted CSV, also in the shapes that Moodle and Canvas import.
``lms``
    Submissions from a Moodle or Canvas download, and the files to give back.
"""

"""Loading every table of the course against what ``import pandas`` itself costs."""

import json
import statistics
import subprocess
import sys

RUNS = 5
CODE = """
import json, time
start = time.perf_counter()
import pandas
imported = time.perf_counter()
from chipgap.data import load, tables
ready = time.perf_counter()
names = tables()
rows = sum(len(load(name)) for name in names)
done = time.perf_counter()
print(json.dumps([imported - start, done - ready, len(names), rows]))
"""


def measure() -> tuple[float, float, int, int]:
    """Return seconds of ``import pandas``, seconds of loading all tables, tables and rows.

    Each run is a fresh process; the medians are returned.
    """
    runs = []
    for _ in range(RUNS):
        done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)  # noqa: S603
        runs.append(json.loads(done.stdout))
    import_s, load_s, tables, rows = (statistics.median(column) for column in zip(*runs, strict=True))
    return import_s, load_s, int(tables), int(rows)


def main() -> bool:
    """Print the two times and their ratio; return whether loading is the cheaper one."""
    import_s, load_s, tables, rows = measure()
    print(f"data_load: {tables} tables, {rows} rows in {load_s:.2f} s; import pandas {import_s:.2f} s")
    print(f"data_load: ratio {load_s / import_s:.2f} (target: below 1; median of {RUNS} fresh processes)")
    return load_s < import_s


if __name__ == "__main__":
    sys.exit(not main())

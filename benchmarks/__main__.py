"""Run every benchmark of this folder, or those named: ``python -m benchmarks [data_load ...]``."""

import importlib
import pkgutil
import sys

import benchmarks


def main(wanted: list[str]) -> int:
    """Run the benchmarks; return 1 if one of them missed its target."""
    known = [module.name for module in pkgutil.iter_modules(benchmarks.__path__) if not module.name.startswith("_")]
    unknown = [name for name in wanted if name not in known]
    if unknown:
        print(f"There is no benchmark {unknown[0]!r}. There are: {', '.join(known)}.")
        return 2
    missed = [name for name in wanted or known if not importlib.import_module(f"benchmarks.{name}").main()]
    if missed:
        print(f"Target missed: {', '.join(missed)}.")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

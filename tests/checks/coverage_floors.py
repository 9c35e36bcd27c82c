"""Share of lines that the tests ran, by package, beside the floor in pyproject.toml; exit code 1 below one.

python -m tests.checks.coverage_floors FILE        # FILE: what `coverage json -o FILE` wrote
"""

import json
import sys
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"


def shares(report: dict[str, Any]) -> dict[str, float]:
    """Percent of lines that ran, by package."""
    run, lines = Counter[str](), Counter[str]()
    for name, file in report["files"].items():
        package = Path(name).parts[0]
        run[package] += file["summary"]["covered_lines"]
        lines[package] += file["summary"]["num_statements"]
    return {package: 100 * run[package] / count for package, count in sorted(lines.items()) if count}


def below(measured: dict[str, float], floors: dict[str, float]) -> list[str]:
    """Packages under their floor, or not measured at all."""
    return [package for package, floor in floors.items() if measured.get(package, 0.0) < floor]


def main(file: str) -> None:
    """Prints the table."""
    floors = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["tool"]["tollgate"]["coverage_floors"]
    measured = shares(json.loads(Path(file).read_text(encoding="utf-8")))
    for package, share in measured.items():
        print(f"{package:<12}{share:6.1f} %   floor {floors.get(package, 0)} %")
    low = below(measured, floors)
    if low:
        sys.exit(f"below the floor: {', '.join(low)}")


if __name__ == "__main__":
    main(*sys.argv[1:])

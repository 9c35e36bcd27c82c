"""Prints docs/features.md; run in the project's folder: `python -m features > docs/features.md`."""

from features.catalogue import CATALOGUE, MEMORY_PAGE, render

if __name__ == "__main__":
    memory = MEMORY_PAGE.read_text(encoding="utf-8") if MEMORY_PAGE.is_file() else ""
    print(render(CATALOGUE, memory), end="")

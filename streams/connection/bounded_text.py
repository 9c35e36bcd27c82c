"""A small text file of a setting, read up to a bound."""

from pathlib import Path

from streams.errors import Misconfigured


def bounded_text(path: Path, characters_max: int, place: str) -> str:
    """The file's text, at most one character more than `characters_max`. Raises `Misconfigured`, which begins
    with `place` and shows nothing of the content.
    """
    try:
        with path.open(encoding="utf-8") as file:
            return file.read(characters_max + 1)
    except (OSError, UnicodeDecodeError) as failure:
        reason = getattr(failure, "strerror", None) or "it is not UTF-8 text"
        raise Misconfigured(f"{place} cannot be read: {reason}") from None

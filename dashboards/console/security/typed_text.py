"""What people type is text that can be kept: no NUL, and no half of a character.

PostgreSQL's text holds no NUL, and a form can claim a character set by which half a character gets in. Asked
once for every request, so that no page has to think of it.
"""

from collections.abc import Iterator

from fastapi import Request
from starlette.exceptions import HTTPException


async def check_text(request: Request) -> None:
    """Raises 400 for a request whose address or form holds what is no text."""
    if not all(map(_is_text, _in_address(request))):
        raise HTTPException(400)
    if request.method not in ("GET", "HEAD", "OPTIONS"):
        form = await request.form()  # read once, and kept for whoever asks next
        if not all(_is_text(part) for pair in form.multi_items() for part in pair if isinstance(part, str)):
            raise HTTPException(400)


def _in_address(request: Request) -> Iterator[str]:
    yield request.url.path
    for pair in request.query_params.multi_items():
        yield from pair
    yield from map(str, request.path_params.values())


def _is_text(typed: str) -> bool:
    return "\0" not in typed and not any("\ud800" <= each <= "\udfff" for each in typed)

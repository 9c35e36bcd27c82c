"""Files that browsers load: named with a hash of their bytes, so that a browser keeps them for a year."""

import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Final

from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

CONSOLE: Final = Path(__file__).parent.parent
STATIC: Final = Path(__file__).parent / "static"
NAME: Final = re.compile(r"[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*")
KEPT: Final = "public, max-age=31536000, immutable"
CHECKED: Final = "no-cache"


@cache
def static_address(name: str) -> str:
    """The address of `console.css`, or of `live/live.js`, which is `pages/live/static/live.js`."""
    assert NAME.fullmatch(name), f"{name!r} is no name of a static file"
    room, _, rest = name.partition("/")
    own = CONSOLE / "pages" / room / "static"
    if rest and own.is_dir():
        return f"/static/pages/{name}?v={_hash(own / rest)}"
    return f"/static/{name}?v={_hash(STATIC / name)}"


def static_routes() -> list[Mount]:
    """One for each page's own files, and one for everybody's."""
    pages = sorted((CONSOLE / "pages").glob("*/static"))
    own = [Mount(f"/static/pages/{path.parent.name}", KeptFiles(directory=path)) for path in pages]
    return [*own, Mount("/static", KeptFiles(directory=STATIC))]


class KeptFiles(StaticFiles):
    """Files that are kept where their address names their version, and asked for again otherwise."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        is_versioned = scope.get("query_string", b"").startswith(b"v=")
        response.headers["cache-control"] = KEPT if is_versioned else CHECKED
        return response


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]

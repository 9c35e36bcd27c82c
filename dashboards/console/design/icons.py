"""Icons: strokes on a grid of 20 by 20, drawn in the text's colour."""

from typing import Final

from markupsafe import Markup

PATHS: Final = {
    "live": "M2 10h3.5l2.5-6 4 12 2.5-6H18",
    "review": "M4 3.5h12v13H4zM7 8l1.5 1.5L11 7M7 13h6",
    "payments": "M2.5 5h15v10h-15zM2.5 8.5h15M5.5 12h3",
    "cohorts": "M3 16.5h14M4.5 13.5v-3M8 13.5V8M11.5 13.5V10M15 13.5V4",
    "rules": "M4 5h7M15 5h1M4 10h2M10 10h6M4 15h8M16 15h0M13 3.5v3M8 8.5v3M14 13.5v3",
    "lists": "M7 5h10M7 10h10M7 15h10M3.5 5h.01M3.5 10h.01M3.5 15h.01",
    "models": "M10 3v4M10 7l-5 4M10 7l5 4M5 11v3M15 11v3M3.5 14h3v3h-3zM13.5 14h3v3h-3z",
    "explore": "M3 4h14v12H3zM6 8l2.5 2L6 12M10.5 12.5H14",
    "meters": "M3 15a7 7 0 1 1 14 0M10 15l3.5-5M10 15h.01",
    "pipeline": "M3 5h5v4H3zM12 11h5v4h-5zM8 7h3a2 2 0 0 1 2 2v2",
    "audit": "M10 2.5l6 2.5v4.5c0 4-2.5 6.5-6 8-3.5-1.5-6-4-6-8V5zM7.5 10l2 2 3.5-4",
    "people": "M7.5 9a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM2.5 16c0-3 2-5 5-5s5 2 5 5"
    "M13 4.5a2.5 2.5 0 0 1 0 4.5M14.5 11.5c2 .6 3 2.3 3 4.5",
    "search": "M9 15A6 6 0 1 0 9 3a6 6 0 0 0 0 12zM13.5 13.5L17.5 17.5",
    "menu": "M3 5.5h14M3 10h14M3 14.5h14",
    "close": "M5 5l10 10M15 5L5 15",
    "theme": "M10 3a7 7 0 1 0 0 14zM10 3a7 7 0 0 1 0 14",
    "help": "M10 17.5a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15zM7.8 7.8a2.2 2.2 0 1 1 3.2 2c-.7.4-1 .9-1 1.7"
    "M10 14h.01",
    "account": "M10 10a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM3.5 17c.5-3.5 3-5 6.5-5s6 1.5 6.5 5",
    "sign-out": "M8 3.5H4v13h4M12.5 6.5L16 10l-3.5 3.5M16 10H8",
    "chevron": "M7.5 5l5 5-5 5",
    "previous": "M12.5 5l-5 5 5 5",
    "next": "M7.5 5l5 5-5 5",
    "down": "M5 7.5l5 5 5-5",
    "download": "M10 3v9M6.5 9l3.5 3.5L13.5 9M4 16.5h12",
    "filter": "M3 4.5h14l-5.5 6.5v5l-3-1.5V11z",
    "link": "M8.5 11.5a3 3 0 0 0 4.2 0l2.5-2.5A3 3 0 0 0 11 4.8l-.9.9"
    "M11.5 8.5a3 3 0 0 0-4.2 0L4.8 11A3 3 0 0 0 9 15.2l.9-.9",
    "plus": "M10 4v12M4 10h12",
    "check": "M4 10.5l4 4L16 6",
    "warning": "M10 3l7.5 13.5h-15zM10 8v4M10 14.2h.01",
    "error": "M10 17.5a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15zM10 6v5M10 13.8h.01",
    "empty": "M3 11l2.5-6.5h9L17 11v5H3zM3 11h4l1 2h4l1-2h4",
    "clock": "M10 17.5a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15zM10 5.5V10l3 2",
    "external": "M11 3.5h5.5V9M16.5 3.5L9 11M8 5H4v11h11v-4",
    "edit": "M4 16l1-4 8-8 3 3-8 8zM11.5 5.5l3 3",
    "lock": "M5 9h10v8H5zM7 9V6.5a3 3 0 0 1 6 0V9",
    "eye": "M2 10s3-5.5 8-5.5 8 5.5 8 5.5-3 5.5-8 5.5S2 10 2 10z"
    "M10 12.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z",
}  # fmt: skip
"""By name; a page's icon has the name of its room."""
NONE: Final = "M10 10h.01"


def icon(name: str) -> Markup:
    """The icon of a name, hidden from screen readers: the text beside it says the same."""
    return Markup(
        '<svg class="icon" viewBox="0 0 20 20" aria-hidden="true" focusable="false"><path d="{}"/></svg>'
    ).format(PATHS.get(name, NONE))

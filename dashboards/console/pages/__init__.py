"""One room for each page: `routes.py`, `queries/*.sql`, `templates/*.html.j2`, and `PAGE` at its door.

A page's template is named by its room (`live/page.html.j2`), and so is its query (`live/by_minute`).
"""

from dashboards.console.pages.page import FOLDER, ROOMS, Page, pages, pages_of

__all__ = ["FOLDER", "ROOMS", "Page", "pages", "pages_of"]

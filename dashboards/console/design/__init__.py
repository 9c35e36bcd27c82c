"""How pages look: templates, macros, styles and scripts that all pages share.

A page renders by `render`, extends `base.html.j2` and draws with the macros of `parts.html.j2`; both, and the
files of `static/`, are all there is: no bundler, no other host.
"""

from dashboards.console.design.formats import amount_text, sentence_text, time_text
from dashboards.console.design.rendering import environment, frame, is_fragment, render
from dashboards.console.design.static_files import STATIC, static_address, static_routes

__all__ = [
    "STATIC",
    "amount_text",
    "environment",
    "frame",
    "is_fragment",
    "render",
    "sentence_text",
    "static_address",
    "static_routes",
    "time_text",
]

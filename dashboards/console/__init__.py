"""The console: the web application in which fraud teams work.

`app` puts it together, `security` decides who may do what, `warehouse` reads figures, `design` draws,
`entrance` holds sign-in and one's own account, `search` the search box, and `pages` one room for each page.

Invariants: each route states who may use it; each question to the warehouse is asked within the merchant
accounts of the person who asks; nothing is loaded from another host; a page computes nothing.
"""

from dashboards.console.announced import AnnouncedAccounts
from dashboards.console.app import create_app
from dashboards.console.counted import CountedApp
from dashboards.console.parts import ConsoleParts, Parts, SignIn

__all__ = ["AnnouncedAccounts", "ConsoleParts", "CountedApp", "Parts", "SignIn", "create_app"]

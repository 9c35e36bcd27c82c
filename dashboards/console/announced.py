"""Where the console is and how its first administrator comes in, for the commands that print it.

The link opens a door, so it is in a file that its owner alone can read and in no log, and is taken out when a
link was used.
"""

import os
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from desk.accounts import Accounts, Person, TotpSealing

if TYPE_CHECKING:
    from desk.database import DeskDatabase
    from streams.platform.processes import ProcessFile


class AnnouncedAccounts(Accounts):
    """Accounts of a console whose record says where it is."""

    def __init__(
        self,
        database: "DeskDatabase",
        clock: Callable[[], datetime],
        record: "ProcessFile",
        address: str,
        sealing: TotpSealing,
    ) -> None:
        super().__init__(database, clock, sealing=sealing)
        self._record, self._address = record, address

    def announce(self) -> bool:
        """Writes the address, and a link as long as nobody can sign in; whether there is a link."""
        token = self.first_admin()
        link = {} if token is None else {"first_link": f"{self._address}/link/{token}"}
        self._record.write(os.getpid(), address=self._address, **link)
        return bool(link)

    def use_link(self, token: str, new_password: str) -> Person:
        """As `Accounts.use_link`; from then on somebody can sign in, and the record holds no link."""
        person = super().use_link(token, new_password)
        self._record.write(os.getpid(), address=self._address)
        return person

"""What people are told when something they keep cannot be kept so, and the names they give it.

ViewRefusedError        shown as it is; nothing was changed
├── NameTakenError      this person has one of that name: overwrite it, or take another name
├── TooManyKeptError    this person keeps as many as anybody may
├── KeptElsewhereError  somebody changed it meanwhile: load it again
└── NotYoursError       it is not there, or another person's
"""

import re
import unicodedata
from typing import Final

NAME_MAX: Final = 80
SPACES: Final = re.compile(r"\s+")


class ViewRefusedError(ValueError):
    """The message is for whoever asked."""


class NameTakenError(ViewRefusedError):
    """Another one of theirs is called that."""


class TooManyKeptError(ViewRefusedError):
    """There is no room for another one."""


class KeptElsewhereError(ViewRefusedError):
    """It is not what it was when they looked at it."""


class NotYoursError(ViewRefusedError):
    """They may not change it, or it is gone: which of the two is not told."""


def clean_name(text: str) -> str:
    """A name as it is kept: one line, no invisible characters. Raises ViewRefusedError.

    >>> clean_name("  declines \\n of  week 3 ")
    'declines of week 3'
    """
    name = SPACES.sub(" ", unicodedata.normalize("NFC", text)).strip()
    if not 0 < len(name) <= NAME_MAX:
        raise ViewRefusedError(f"a name has 1 to {NAME_MAX} characters")
    if any(unicodedata.category(each) in {"Cc", "Cf", "Cs", "Co", "Cn"} for each in name):
        raise ViewRefusedError("this name has characters that cannot be seen: type it again")
    return name

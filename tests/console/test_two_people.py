"""Which changes take two people is a setting, and the default is the careful one."""

import pytest

from dashboards.console.pages.lists.list_desk import list_desk
from dashboards.console.pages.models.model_desk import model_desk
from streams.errors import Misconfigured
from streams.settings import Settings
from tests.console.scene import Scene


@pytest.mark.parametrize(
    ("setting", "lists", "models"),
    [(None, True, True), ("", False, False), ("models", False, True), ("lists , models", True, True)],
)
def test_the_setting_says_which_changes_wait(setting: str | None, lists: bool, models: bool) -> None:
    settings = Settings() if setting is None else Settings(console_two_people=setting)
    parts = Scene(settings=settings).parts
    assert (list_desk(parts).second is not None) == lists
    assert (model_desk(parts).second is not None) == models


def test_another_word_is_refused() -> None:
    with pytest.raises(Misconfigured, match="models, lists"):
        Settings(console_two_people="rules")

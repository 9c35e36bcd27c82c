"""Passwords are made once, for their owner's eyes."""

import stat
from pathlib import Path

import pytest

from streams.warehouse.credentials import (
    BadCredentialsFile,
    WarehouseUser,
    credentials_file,
    ensure_credentials,
    password_of,
    url_as,
)

ANALYST = WarehouseUser.ANALYST


def test_passwords_are_made_once_and_differ(tmp_path: Path) -> None:
    made = ensure_credentials(tmp_path)
    assert made == ensure_credentials(tmp_path)
    assert len(set(made.values())) == len(WarehouseUser)
    assert all(len(password) >= 43 for password in made.values())


@pytest.mark.parametrize("user", WarehouseUser)
def test_a_file_is_its_owners(tmp_path: Path, user: WarehouseUser) -> None:
    ensure_credentials(tmp_path)
    assert stat.S_IMODE(credentials_file(tmp_path, user).stat().st_mode) == 0o600


def test_a_file_that_everybody_can_read_is_refused(tmp_path: Path) -> None:
    ensure_credentials(tmp_path)
    credentials_file(tmp_path, ANALYST).chmod(0o644)
    for ask in (lambda: password_of(tmp_path, ANALYST), lambda: ensure_credentials(tmp_path)):
        with pytest.raises(BadCredentialsFile, match="chmod 600"):
            ask()


def test_a_group_may_share_the_analysts_file(tmp_path: Path) -> None:
    made = ensure_credentials(tmp_path)
    credentials_file(tmp_path, ANALYST).chmod(0o640)
    assert password_of(tmp_path, ANALYST) == made[ANALYST]


@pytest.mark.parametrize("text", ["", "machine 127.0.0.1 login somebody password x\n", "machine", "{}"])
def test_a_file_of_another_kind_is_refused(tmp_path: Path, text: str) -> None:
    credentials_file(tmp_path, ANALYST).write_text(text)
    credentials_file(tmp_path, ANALYST).chmod(0o600)
    with pytest.raises(BadCredentialsFile):
        password_of(tmp_path, ANALYST)


def test_an_address_carries_them(tmp_path: Path) -> None:
    password = ensure_credentials(tmp_path)[ANALYST]
    assert (
        url_as("http://127.0.0.1:81", tmp_path, ANALYST) == f"http://tollgate_analyst:{password}@127.0.0.1:81"
    )

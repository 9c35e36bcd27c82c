"""A folder that its owner alone can enter."""

from pathlib import Path

OWNER_ONLY = 0o700


def make_private(folder: Path) -> None:
    """Makes the folder, or takes the rights of group and others away from one that is there.

    One of another user, such as a volume that was mounted, is left as it is: its owner decides.
    """
    folder.mkdir(mode=OWNER_ONLY, parents=True, exist_ok=True)
    try:
        folder.chmod(OWNER_ONLY)
    except PermissionError:
        return

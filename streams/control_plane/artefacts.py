"""Models and tables by content: `TOLLGATE_HOME/artefacts/<sha256>`, staged on every engine before a control
names them.
"""

import hashlib
import os
from pathlib import Path

from streams.errors import Damaged, Misconfigured


class ArtefactStore:
    """The staged artefacts of one host. Written beside and renamed, so a name always holds the whole
    content.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def stage(self, content: bytes) -> str:
        """Keeps `content`; returns its SHA-256, the name that controls use."""
        sha256 = hashlib.sha256(content).hexdigest()
        path = self.folder / sha256
        if not path.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            beside = self.folder / f"{sha256}.{os.getpid()}.partial"
            beside.write_bytes(content)
            beside.rename(path)
        return sha256

    def load(self, sha256: str) -> bytes:
        """The content of that hash. Raises `Misconfigured` where it is not staged, `Damaged` where it
        changed.
        """
        path = self.folder / sha256
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            raise Misconfigured(
                f"the log names artefact {sha256}, which is not staged in {self.folder}; copy it there, "
                "then start again"
            ) from None
        if hashlib.sha256(content).hexdigest() != sha256:
            raise Damaged(f"{path} does not hold what its name says; stage it again")
        return content

"""Models and tables by content: `TOLLGATE_HOME/artefacts/<sha256>`, staged on every engine before a control
names them.
"""

import hashlib
from pathlib import Path

from storage import write_atomically
from streams.errors import Damaged, Misconfigured


class ArtefactStore:
    """The staged artefacts of one host. A name always holds its whole content, which survives a power cut:
    the log may name an artefact as soon as it is staged.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def stage(self, content: bytes) -> str:
        """Keeps `content`; returns its SHA-256, the name that controls use."""
        sha256 = hashlib.sha256(content).hexdigest()
        path = self.folder / sha256
        if not path.exists():
            write_atomically(path, content, durable=True)
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
            raise Damaged(f"{path} does not match the hash in its name; stage it again")
        return content

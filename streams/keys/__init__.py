"""The private keys of this host, and the root of trust that it begins with.

Invariants
- A private key is in a file of mode 0600 in a folder of mode 0700, and nowhere else: never in a log, a topic
  or an error. A key file that others may read is refused.
- A key file is never overwritten.
- On a laptop all keys are made at the first `tollgate up`, so that nothing has to be done for it.

Imports `models` (`models.trust` makes and checks signatures), `storage` and `streams.settings`.
"""

from streams.keys.key_files import new_key, read_key, read_public
from streams.keys.keyring import Keyring, key_to_sign_with, keyring_of, root_of_files, write_root
from streams.keys.local_keys import PRODUCTION, ensure_local_keys, first_keys
from streams.keys.waiting_file import WAITING, find_waiting, read_waiting, write_waiting

__all__ = [
    "PRODUCTION",
    "WAITING",
    "Keyring",
    "ensure_local_keys",
    "find_waiting",
    "first_keys",
    "key_to_sign_with",
    "keyring_of",
    "new_key",
    "read_key",
    "read_public",
    "read_waiting",
    "root_of_files",
    "write_root",
    "write_waiting",
]

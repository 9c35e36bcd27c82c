"""`tollgate keys`: the keys of this host, and those that an engine trusts."""

import click

from streams.commands.keys.changes import add, retire, rotate_root, second_signature
from streams.commands.keys.files import init, new, show
from streams.commands.keys.listing import keys_list
from streams.commands.keys.waiting import publish, sign


@click.group("keys")
def command() -> None:
    """Make and change the keys that sign controls, and sign what needs two people.

    On a laptop `tollgate up` makes all keys, and every command that publishes finds them. For production,
    with root keys of several people, see docs/trust.md.
    """


for _each in (init, new, show, keys_list, add, retire, rotate_root, second_signature, sign, publish):
    command.add_command(_each)

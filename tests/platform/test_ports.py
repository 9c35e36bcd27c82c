"""Ports: the same at every start, another one where somebody else listens."""

import socket
from pathlib import Path

from streams.platform.processes.ports import HOST, Ports, is_free


def test_port_stays_the_same(tmp_path: Path) -> None:
    file = tmp_path / "run" / "ports.json"
    assert Ports(file, print).get("kafka") == Ports(file, print).get("kafka")


def test_names_have_ports_of_their_own(tmp_path: Path) -> None:
    ports = Ports(tmp_path / "ports.json", print)
    assert ports.get("kafka") != ports.get("kafka-controller")


def test_port_taken_by_another_program_is_left_to_it(tmp_path: Path) -> None:
    said: list[str] = []
    ports = Ports(tmp_path / "ports.json", said.append)
    first = ports.get("kafka")
    with socket.socket() as other:
        other.bind((HOST, first))
        other.listen()
        assert not is_free(first)
        second = ports.get("kafka")
    assert second != first
    assert f"port {first} of kafka is taken by another program: kafka moves to {second}" in said
    assert ports.get("kafka") == second


def test_torn_file_is_made_again(tmp_path: Path) -> None:
    file = tmp_path / "ports.json"
    file.write_text('{"kafka": 2')
    port = Ports(file, print).get("kafka")
    assert Ports(file, print).known() == {"kafka": port}

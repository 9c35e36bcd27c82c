"""ClickHouse's address: passwords and authorities in files, TLS that is checked, and loud where it is not."""

import logging
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from streams.errors import Misconfigured
from streams.platform.broker.certificates import CertificateAuthority
from streams.platform.health import pings
from streams.settings import InvalidSetting, Settings
from streams.warehouse import client

SECRET = "p@ss/w:rd#1"


@pytest.fixture(autouse=True)
def no_clickhouse_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CLICKHOUSE_URL", "CLICKHOUSE_PASSWORD_FILE", "CLICKHOUSE_CA_FILE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Path]]:
    """The port of an HTTPS server of a private authority, and the folder of its certificates."""
    folder = tmp_path_factory.mktemp("tls")
    authority = CertificateAuthority()
    ours = authority.issue("clickhouse", ("localhost",))
    (folder / "ca.pem").write_bytes(authority.pem)
    (folder / "other.pem").write_bytes(CertificateAuthority().pem)
    (folder / "server.pem").write_bytes(ours.key + ours.certificate)

    class Ping(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"Ok.\n")

        def log_message(self, *_: object) -> None:
            return

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    http = HTTPServer(("127.0.0.1", 0), Ping)
    http.socket = context.wrap_socket(http.socket, server_side=True)
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    yield http.server_port, folder
    http.shutdown()
    http.server_close()
    thread.join()


def test_password_and_authority_come_from_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "password").write_text(SECRET + "\n")
    (tmp_path / "ca.pem").write_bytes(CertificateAuthority().pem)
    monkeypatch.setenv("CLICKHOUSE_URL", "https://sinks@warehouse.bank:8443/fraud?compress=lz4")
    monkeypatch.setenv("CLICKHOUSE_PASSWORD_FILE", str(tmp_path / "password"))
    monkeypatch.setenv("CLICKHOUSE_CA_FILE", str(tmp_path / "ca.pem"))
    url = Settings().clickhouse()
    assert url.startswith("https://sinks:p%40ss%2Fw%3Ard%231@warehouse.bank:8443/fraud?compress=lz4&ca_cert=")


@pytest.mark.parametrize(
    ("url", "files", "words"),
    [
        ("https://host:8443", ("PASSWORD",), "a user and without a password"),
        ("https://user:x@host:8443", ("PASSWORD",), "a user and without a password"),
        ("http://user:x@host:8123", ("CA",), "is not https"),
        ("https://user:x@host:8443", ("CA",), "no such file"),
        ("https://user@host:8443", ("PASSWORD",), "cannot be read"),
    ],
)
def test_what_would_not_be_used_is_refused(
    monkeypatch: pytest.MonkeyPatch, url: str, files: tuple[str, ...], words: str
) -> None:
    monkeypatch.setenv("CLICKHOUSE_URL", url)
    for name in files:
        monkeypatch.setenv(f"CLICKHOUSE_{name}_FILE", "/no/such")
    with pytest.raises(Misconfigured, match=words):
        Settings().clickhouse()


@pytest.mark.parametrize(
    "url",
    ["http://user:pa#ss@host:8123/db", "http://user:pa/ss@host:8123/db", "http://user:pa?s@h:1", "host:8123"],
)
def test_a_password_that_is_not_encoded_is_refused_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("CLICKHOUSE_URL", url)
    with pytest.raises(InvalidSetting, match="percent-encoded") as refusal:
        Settings()
    assert "pa#ss" not in str(refusal.value)
    assert "pa/ss" not in str(refusal.value)


def test_a_private_authority_is_trusted_where_it_is_named(server: tuple[int, Path]) -> None:
    port, folder = server
    assert pings(f"https://localhost:{port}/?ca_cert={folder / 'ca.pem'}")
    assert not pings(f"https://localhost:{port}/")
    assert not pings(f"https://localhost:{port}/?ca_cert={folder / 'other.pem'}")
    assert not pings(f"https://127.0.0.1:{port}/?ca_cert={folder / 'ca.pem'}"), (
        "another name than the certificate's"
    )
    assert pings(f"https://127.0.0.1:{port}/?verify=false")


def test_clients_check_the_certificate_and_say_loudly_where_they_do_not(
    server: tuple[int, Path], caplog: pytest.LogCaptureFixture
) -> None:
    port, folder = server
    for url in (f"https://localhost:{port}/", f"https://localhost:{port}/?ca_cert={folder / 'other.pem'}"):
        with pytest.raises(Exception, match="CERTIFICATE_VERIFY_FAILED"):
            client.connect(url)
    client._warn_unverified.cache_clear()
    for query in (f"ca_cert={folder / 'ca.pem'}", "verify=false"):
        with caplog.at_level(logging.WARNING), pytest.raises(Exception) as failure:  # noqa: PT011
            client.connect(f"https://localhost:{port}/?{query}")
        assert "CERTIFICATE" not in str(failure.value)
    (warning,) = {record.getMessage() for record in caplog.records if "NOT verified" in record.getMessage()}
    assert warning.startswith("The certificate of ClickHouse at localhost is NOT verified (verify=false)")

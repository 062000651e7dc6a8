"""Who is connected to: public addresses, verified certificates, within a deadline."""

import shutil
import socket
import ssl
import subprocess
import time

import pytest
from support.hostile_site import (
    article,
    collect_from,
    drip,
    redirect,
    served,
)

from morris_mlx.collect import collect_web
from morris_mlx.errors import MorrisError, RefusedError

HTML_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"


@pytest.fixture
def site():
    with served() as site:
        site.page("/good", article("good"))
        yield site


def test_links_to_other_schemes_private_addresses_and_ports_are_never_asked(site, tmp_path):
    with served() as inside:
        inside.page("/secret", article("secret"))
        links = (
            "file:///etc/passwd",
            "ftp://h/x",
            "http://user:pw@h/",
            f"{inside.url}/secret",
            "http://169.254.169.254/a",
            "http://[::1]/a",
            "http://10.0.0.1/a",
            "gopher://h/a",
        )
        listed = "".join(f"<a href='{link}'>a link</a>" for link in links)
        site.page("/list", f"<html><body>{listed}<a href='/good'>good</a></body></html>")
        site.routes["/hop"] = redirect(f"{inside.url}/secret")
        found = collect_from(site, tmp_path, "/list", "/hop", follow=("*",))
        assert [d.title for d in found.documents] == ["Column good"]
        assert inside.log == []
        told = {s.source: s.reason for s in found.skipped}
        assert "file: is not http" in told["file:///etc/passwd"]
        assert "private address" in told[f"{site.url}/hop"]


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.0.0.7", "::1", "169.254.169.254", "::ffff:127.0.0.1"]
)
def test_a_name_that_leads_to_a_private_address_is_refused_unless_it_is_ones_own(
    site, tmp_path, address
):
    url = f"http://rebind.example:{site.port}/good"
    with pytest.raises(RefusedError, match="private address"):
        collect_from(site, tmp_path, url, allow_private=False, resolve=lambda host, port: [address])
    assert site.log == []
    found = collect_from(site, tmp_path / "own", url, resolve=lambda host, port: ["127.0.0.1"])
    assert found.documents


def test_a_name_that_changes_its_address_between_looks_gains_nothing(site, tmp_path, monkeypatch):
    """DNS rebinding: what is checked is what is connected to, at every request anew."""
    looks, tried = [], []

    def resolve(host, port):
        looks.append(host)
        return ["8.8.8.8", "127.0.0.1"] if len(looks) == 1 else ["127.0.0.1"]

    def connect(address, timeout):
        tried.append(address[0])
        raise OSError("no route")

    monkeypatch.setattr("morris_mlx.collect.web.connection.socket.create_connection", connect)
    url = f"http://rebind.example:{site.port}/good"
    with pytest.raises(MorrisError, match="private address"):
        collect_from(site, tmp_path, url, allow_private=False, resolve=resolve)
    assert tried == ["8.8.8.8"] and len(looks) == 2 and site.log == []


def test_the_address_that_answers_is_looked_at_too(site, tmp_path, monkeypatch):
    """Whatever stands between: who is on the other end of the connection counts."""
    real = socket.create_connection
    monkeypatch.setattr(
        "morris_mlx.collect.web.connection.socket.create_connection",
        lambda address, timeout: real(("127.0.0.1", site.port), timeout=timeout),
    )
    with pytest.raises(RefusedError, match=r"private address \(127.0.0.1\)"):
        collect_from(
            site,
            tmp_path,
            f"http://public.example:{site.port}/good",
            allow_private=False,
            resolve=lambda host, port: ["8.8.8.8"],
        )
    assert site.log == []


def test_loopback_needs_a_word(site, tmp_path):
    with pytest.raises(RefusedError, match="private address") as error:
        collect_from(site, tmp_path, "/good", allow_private=False)
    assert error.value.exit_code == 4 and site.log == []
    assert "--allow-private" in str(error.value) and "from files" not in str(error.value)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate that nobody vouches for, for 127.0.0.1; its key in the same file."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    words += ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    words += ["-keyout", path, "-out", path.with_suffix(".crt")]
    subprocess.run(words, check=True, capture_output=True)
    path.write_bytes(path.read_bytes() + path.with_suffix(".crt").read_bytes())
    return path


def test_certificates_are_verified(site, tmp_path, certificate, monkeypatch):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    site.wrap(context)
    with pytest.raises(MorrisError, match="certificate is not valid"):
        collect_from(site, tmp_path / "a", "/good")
    assert site.log == []
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.with_suffix(".crt")))
    assert collect_from(site, tmp_path / "b", "/good").documents
    site.routes["/slow"] = drip(HTML_HEAD + b"\r\n")
    with pytest.raises(MorrisError, match="not finished within"):
        collect_from(site, tmp_path / "c", "/slow")


def test_a_server_that_never_finishes_its_handshake_is_given_up(tmp_path):
    with served() as site:
        site.url = site.url.replace("http:", "https:")
        site._answer = lambda connection: time.sleep(6)
        began = time.monotonic()
        with pytest.raises(MorrisError, match="not finished within"):
            collect_from(site, tmp_path, "/good")
        assert time.monotonic() - began < 5


def test_names_that_are_looked_up_for_ever_are_given_up(tmp_path):
    with served() as site, pytest.raises(MorrisError, match="not finished within"):
        collect_from(
            site, tmp_path, "http://slow.example/", resolve=lambda host, port: time.sleep(5)
        )


def test_what_is_not_http_is_refused_before_anything_else(tmp_path):
    from morris_mlx.collect import WebRequest

    for url in ("file:///etc/passwd", "ftp://h/x", "http://me:pw@h/", "http://h:0x/"):
        with pytest.raises(RefusedError, match="is not fetched"):
            collect_web(WebRequest(urls=(url,), contact="me@example.org"), tmp_path)

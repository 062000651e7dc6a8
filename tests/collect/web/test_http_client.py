"""Connections: public addresses, verified certificates, deadlines, and no other headers."""

import shutil
import socket
import ssl
import subprocess
import threading

import pytest
from support.hostile_site import (
    answer,
    article,
    collect_from,
    drip,
    flood,
    redirect,
    served,
)

from morris_mlx import __version__
from morris_mlx.collect import collect_web
from morris_mlx.errors import MorrisError, RefusedError

HTML_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"


@pytest.fixture
def site():
    with served() as site:
        site.page("/good", article("good"))
        yield site


def test_links_to_other_schemes_private_addresses_and_ports_are_not_followed(site, tmp_path):
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
def test_a_host_name_with_a_private_address_is_refused_unless_allowed(site, tmp_path, address):
    url = f"http://rebind.example:{site.port}/good"
    with pytest.raises(RefusedError, match="private address"):
        collect_from(site, tmp_path, url, allow_private=False, resolve=lambda host, port: [address])
    assert site.log == []
    found = collect_from(site, tmp_path / "own", url, resolve=lambda host, port: ["127.0.0.1"])
    assert found.documents


def test_dns_rebinding_is_refused_at_every_request(site, tmp_path, monkeypatch):
    """The checked address is the address that is connected to, in every request anew."""
    looks, tried = [], []

    def resolve(host, port):
        looks.append(host)
        return ["8.8.8.8", "127.0.0.1"] if len(looks) == 1 else ["127.0.0.1"]

    def connect(address, timeout):
        tried.append(address[0])
        raise OSError("no route")

    monkeypatch.setattr("morris_mlx.collect.web.http_client.socket.create_connection", connect)
    url = f"http://rebind.example:{site.port}/good"
    with pytest.raises(MorrisError, match="private address"):
        collect_from(site, tmp_path, url, allow_private=False, resolve=resolve)
    assert tried == ["8.8.8.8"] and len(looks) == 2 and site.log == []


def test_the_peer_address_is_checked_after_connecting(site, tmp_path, monkeypatch):
    """The address at the other end of the connection counts, not the resolved one alone."""
    real = socket.create_connection
    monkeypatch.setattr(
        "morris_mlx.collect.web.http_client.socket.create_connection",
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


def test_loopback_is_refused_without_allow_private(site, tmp_path):
    with pytest.raises(RefusedError, match="private address") as error:
        collect_from(site, tmp_path, "/good", allow_private=False)
    assert error.value.exit_code == 4 and site.log == []
    assert "--allow-private" in str(error.value) and "from files" not in str(error.value)


def test_a_request_sends_these_headers_and_no_others(site, tmp_path):
    collect_from(site, tmp_path, "/good")
    for hit in site.log:
        assert hit.headers == {
            "host": site.url.removeprefix("http://"),
            "user-agent": f"morris-mlx/{__version__} (+me@example.org)",
            "accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.1",
            "accept-encoding": "gzip",
            "connection": "close",
        }


def test_proxies_passwords_and_certificates_from_the_environment_are_ignored(
    site, tmp_path, monkeypatch
):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://me:secret@127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "")
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, str(tmp_path / "nowhere.pem"))
    assert collect_from(site, tmp_path / "web", "/good").documents
    assert site.paths == ["/robots.txt", "/good"]
    assert not any(k.endswith("authorization") for hit in site.log for k in hit.headers)


def test_the_body_of_a_redirect_is_not_read(site, tmp_path):
    """`requests` would decompress such a body even with allow_redirects=False."""
    head = b"HTTP/1.1 302 Found\r\nLocation: /good\r\nContent-Encoding: gzip\r\n\r\n"
    site.routes["/endless"] = flood(head, b"x" * 65536)
    site.routes["/slow"] = drip(head)
    found = collect_from(site, tmp_path, "/endless", "/slow")
    assert [d.title for d in found.documents] == ["Column good"] and not found.later
    assert site.counts["/endless"] == site.counts["/slow"] == 1


def test_set_cookie_headers_are_not_parsed(site, tmp_path, monkeypatch):
    parsed = []
    monkeypatch.setattr("http.cookiejar.parse_ns_headers", lambda rows: parsed.extend(rows) or [])
    site.routes["/cookie"] = answer(article("cookie"), "Set-Cookie: a=b", "Set-Cookie: c=d")
    assert collect_from(site, tmp_path, "/cookie").documents and not parsed


def test_the_next_address_is_tried_when_the_first_does_not_answer(site, tmp_path):
    def resolve(host, port):
        return ["::1", "127.0.0.2", "127.0.0.1"]

    found = collect_from(site, tmp_path, f"http://both.example:{site.port}/good", resolve=resolve)
    assert found.documents
    assert {hit.headers["host"] for hit in site.log} == {f"both.example:{site.port}"}


def test_a_site_at_an_ipv6_address_is_collected(site, tmp_path):
    url = f"http://[::ffff:127.0.0.1]:{site.port}"
    try:
        socket.create_connection(("::ffff:127.0.0.1", site.port)).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    assert collect_from(site, tmp_path, f"{url}/good").documents
    assert {f"http://{hit.headers['host']}" for hit in site.log} == {url}


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A self-signed certificate for 127.0.0.1, with its key in the same file."""
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


def test_a_certificate_for_another_name_is_not_valid(site, tmp_path, certificate, monkeypatch):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    site.wrap(context)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.with_suffix(".crt")))
    url = f"https://other.example:{site.port}/good"
    with pytest.raises(MorrisError, match=r"certificate is not valid \(Hostname mismatch"):
        collect_from(site, tmp_path, url, resolve=lambda host, port: ["127.0.0.1"])
    assert site.log == []


def test_a_tls_handshake_that_never_ends_is_given_up(tmp_path):
    with served() as site:
        site.url = site.url.replace("http:", "https:")
        given_up = threading.Event()
        site._answer = lambda connection: given_up.wait(120)
        with pytest.raises(MorrisError, match="not finished within"):
            collect_from(site, tmp_path, "/good")
        given_up.set()


def test_a_name_lookup_that_never_ends_is_given_up(tmp_path):
    given_up = threading.Event()

    def resolve(host, port):
        given_up.wait(120)
        return []

    with served() as site, pytest.raises(MorrisError, match="not finished within"):
        collect_from(site, tmp_path, "http://slow.example/", resolve=resolve)
    given_up.set()


def test_urls_other_than_http_are_refused_when_the_request_is_made(tmp_path):
    from morris_mlx.collect import WebRequest

    for url in ("file:///etc/passwd", "ftp://h/x", "http://me:pw@h/", "http://h:0x/"):
        with pytest.raises(RefusedError, match="is not fetched"):
            collect_web(WebRequest(urls=(url,), contact="me@example.org"), tmp_path)

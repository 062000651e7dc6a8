"""Requests of other web sites to the studio."""

import time

import httpx
import pytest
from support.fake_generator import until
from support.studio_client import form_values

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:gradio.*")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "evil.example"}, 400),
        ({"host": "evil.example", "origin": "http://evil.example"}, 400),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://127.0.0.1:1"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({}, 200),
        ({"sec-fetch-site": "same-origin"}, 200),
    ],
)
def test_requests_of_other_sites_and_hosts_are_refused(headers, status, shared_studio):
    address, generator = shared_studio
    before = len(generator.requests)
    body = {"data": [None, "x", *form_values()], "session_hash": "s"}
    for path in ("", "config", "gradio_api/info"):
        assert httpx.get(address + path, headers=headers).status_code == status
    response = httpx.post(address + "gradio_api/call/talk", json=body, headers=headers)
    assert response.status_code == status
    if status == 200:
        until(lambda: len(generator.requests) == before + 1)
        own = {"origin": address.rstrip("/")}
        assert httpx.get(address, headers=own).status_code == 200
    else:
        time.sleep(0.1)
        assert len(generator.requests) == before

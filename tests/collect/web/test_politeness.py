"""robots.txt, delays, Retry-After, back-off and conditional requests, checked in a server's log."""

from email.utils import formatdate

import pytest
from support.hostile_site import (
    FakeClock,
    answer,
    article,
    changing,
    collect_from,
    redirect,
    served,
    with_validators,
)

from morris_mlx import __version__
from morris_mlx.collect.web.politeness import retry_after_seconds
from morris_mlx.collect.web.robots import MAX_ROBOTS_BYTES, parse_robots
from morris_mlx.errors import MorrisError, RefusedError, UsageError


@pytest.fixture
def site():
    with served() as site:
        for n in range(1, 5):
            site.page(f"/columns/{n}", article(n))
        site.page(
            "/", "".join(f"<p><a href='/columns/{n}'>Column {n}</a></p>" for n in range(1, 5))
        )
        yield site


ALL = {"follow": ("/columns/*",)}


def test_requests_respect_the_delay_in_real_time_and_come_one_at_a_time(site, tmp_path):
    class Real:
        from morris_mlx.collect.web.politeness import Clock

        clock = Clock()

    found = collect_from(site, tmp_path, "/", clock=Real(), delay_seconds=0.15, **ALL)
    assert len(found.documents) == 4
    assert min(site.gaps()) >= 0.15
    assert site.most_open == 1


def test_the_delay_is_two_seconds_unless_robots_txt_asks_for_more(site, tmp_path):
    clock = FakeClock()
    collect_from(site, tmp_path / "a", "/", clock=clock, **ALL)
    assert len(clock.slept) == 5 and all(s == pytest.approx(2.0) for s in clock.slept)
    site.robots("User-agent: *\nCrawl-delay: 3.5\n")
    clock = FakeClock()
    collect_from(site, tmp_path / "b", "/", clock=clock, **ALL)
    assert clock.slept == pytest.approx([3.5] * 5)


def test_a_shorter_crawl_delay_does_not_shorten_the_delay(site, tmp_path):
    site.robots("User-agent: *\nCrawl-delay: 0.5\n")
    clock = FakeClock()
    collect_from(site, tmp_path, "/columns/1", clock=clock)
    assert clock.slept == pytest.approx([2.0])


def test_an_excessive_crawl_delay_ends_the_run_with_that_reason(site, tmp_path):
    site.robots("User-agent: *\nCrawl-delay: 86400\n")
    with pytest.raises(MorrisError, match="86,400 s between pages"):
        collect_from(site, tmp_path, "/columns/1")
    assert site.paths == ["/robots.txt"]


def test_a_delay_below_one_second_is_refused_for_public_servers(site, tmp_path):
    with pytest.raises(RefusedError, match="burden"):
        collect_from(site, tmp_path, "/", delay_seconds=0.2, allow_private=False)


def test_pages_that_robots_txt_forbids_are_not_requested(site, tmp_path):
    site.robots("User-agent: *\nDisallow: /columns/*3\nDisallow: /private*/draft\nAllow: /\n")
    found = collect_from(site, tmp_path, "/", **ALL)
    assert len(found.documents) == 3
    assert "/columns/3" not in site.paths and site.paths[0] == "/robots.txt"
    assert site.counts["/robots.txt"] == 1
    (skipped,) = found.skipped
    assert skipped.reason == f"disallowed by {site.url}/robots.txt"
    offline = collect_from(site, tmp_path, "/", offline=True, **ALL)
    assert offline.skipped == found.skipped and not offline.later


def test_every_request_names_morris_and_a_contact(site, tmp_path):
    collect_from(site, tmp_path, "/columns/1", contact="me@example.org")
    agents = {hit.headers["user-agent"] for hit in site.log}
    assert agents == {f"morris-mlx/{__version__} (+me@example.org)"}
    for contact in ("", "nobody", "a b@c", "me@example.org\r\nX: y", "(x)@y", "ü@x.de"):
        with pytest.raises(UsageError, match="--contact"):
            collect_from(site, tmp_path, "/", contact=contact)


def test_rules_for_the_product_token_override_those_for_all(site, tmp_path):
    site.robots("User-agent: *\nDisallow: /\n\nUser-agent: Morris-MLX/9\nDisallow: /columns/1\n")
    assert len(collect_from(site, tmp_path, "/", **ALL).documents) == 3


@pytest.mark.parametrize(
    "status", ["404 Not Found", "401 Unauthorized", "403 Forbidden", "410 Gone"]
)
def test_robots_txt_with_a_4xx_status_allows_all(site, tmp_path, status):
    site.robots("Disallow: /", status=status)
    found = collect_from(site, tmp_path, "/columns/1")
    assert found.documents and found.sources[0].robots.startswith("allowed: there is no")


@pytest.mark.parametrize("status", ["500 No", "503 Later", "429 Too Many Requests"])
def test_robots_txt_with_a_5xx_or_429_status_disallows_all(site, tmp_path, status):
    site.robots("", status=status)
    with pytest.raises(MorrisError, match=r"(?s)later.*disallowed: .*cannot be read"):
        collect_from(site, tmp_path, "/columns/1")
    assert set(site.paths) == {"/robots.txt"}


def test_an_unreachable_robots_txt_disallows_all(tmp_path):
    with served() as site:
        pass  # closed again: nothing listens on the port
    with pytest.raises(MorrisError, match=r"disallowed.*cannot be read"):
        collect_from(site, tmp_path, "/columns/1")


def test_redirects_of_robots_txt_are_followed_but_not_in_circles(site, tmp_path):
    site.page("/real-robots", "User-agent: *\nDisallow: /columns/2\n")
    site.routes["/robots.txt"] = redirect("/hop1")
    site.routes["/hop1"] = redirect("/real-robots", status="301 Moved")
    assert len(collect_from(site, tmp_path / "a", "/", **ALL).documents) == 3
    site.routes["/hop1"] = redirect("/robots.txt")
    with pytest.raises(MorrisError, match="in a circle"):
        collect_from(site, tmp_path / "b", "/columns/1")


def test_robots_txt_is_read_up_to_500_kib(site, tmp_path):
    head, filler = b"User-agent: *\nDisallow: /columns/1\n", b"# nothing\n" * 51_200
    site.robots(head + filler + b"Disallow: /columns/2\n" * 99_999)
    assert len(collect_from(site, tmp_path, "/", **ALL).documents) == 3


def test_a_rule_cut_by_the_size_limit_is_ignored():
    half = b"\nDisallow: /"
    head = b"User-agent: *\n#".ljust(MAX_ROBOTS_BYTES - len(half), b"#")
    assert parse_robots("u", head + half + b"secret\n").allows("http://h/open")
    assert not parse_robots("u", head[: -len(b"secret\n")] + half + b"secret\n").allows(
        "http://h/secret"
    )


def test_robots_txt_applies_to_every_hop_of_a_redirect(site, tmp_path):
    site.robots("User-agent: *\nDisallow: /secret\n")
    site.routes["/columns/4"] = redirect("/secret")
    found = collect_from(site, tmp_path, "/", **ALL)
    assert "/secret" not in site.paths and len(found.documents) == 3


def test_retry_after_in_seconds_and_as_a_date_is_respected_exactly(site, tmp_path):
    clock = FakeClock()
    later = formatdate(clock.time + 7, usegmt=True)
    now = formatdate(clock.time, usegmt=True)
    busy = answer("", "Retry-After: 37", status="429 Too Many Requests")
    dated = answer("", f"Retry-After: {later}", f"Date: {now}", status="503 Service Unavailable")
    site.routes["/columns/1"] = changing(busy, dated, answer(article(1)))
    found = collect_from(site, tmp_path, "/columns/1", clock=clock)
    assert found.documents and clock.slept == pytest.approx([2.0, 37.0, 7.0])


def test_retry_after_is_parsed_in_both_forms():
    now = 1_800_000_000.0
    assert retry_after_seconds({"retry-after": "120"}, now) == 120
    assert retry_after_seconds(
        {"retry-after": formatdate(now + 60, usegmt=True)}, now
    ) == pytest.approx(60, abs=1)
    behind = {
        "retry-after": formatdate(now, usegmt=True),
        "date": formatdate(now - 90, usegmt=True),
    }
    assert retry_after_seconds(behind, now) == pytest.approx(90, abs=1)
    for said in ("", "soon", "-5", "1e9", "Wed, 99 Foo 2020"):
        assert retry_after_seconds({"retry-after": said}, now) is None


def test_without_retry_after_the_wait_doubles_until_the_tries_are_used_up(site, tmp_path):
    site.routes["/columns/1"] = answer("", status="503 Service Unavailable")
    clock = FakeClock()
    with pytest.raises(MorrisError, match="answered 503 4 times"):
        collect_from(site, tmp_path, "/columns/1", clock=clock)
    assert clock.slept == pytest.approx([2.0, 5.0, 10.0, 20.0])
    assert site.counts["/columns/1"] == 4


def test_a_long_retry_after_is_respected_in_later_runs(site, tmp_path):
    site.routes["/columns/2"] = changing(
        answer("", "Retry-After: 7200", status="429 Too Many Requests"), answer(article(2))
    )
    clock = FakeClock()
    found = collect_from(site, tmp_path, "/", clock=clock, **ALL)
    assert [d.title for d in found.documents] == ["Column 1"]
    assert len(found.later) == 3 and "left alone for 120 minutes" in found.later[0].reason
    asked = len(site.log)
    found = collect_from(site, tmp_path, "/", clock=clock, **ALL)
    assert len(site.log) == asked and len(found.later) == 3
    clock.time += 7300
    found = collect_from(site, tmp_path, "/", clock=clock, **ALL)
    assert len(found.documents) == 4 and not found.later
    assert site.counts["/columns/1"] == 1 and site.counts["/"] == 1


def test_a_later_run_sends_conditional_requests(site, tmp_path):
    for n in range(1, 5):
        site.routes[f"/columns/{n}"] = with_validators(article(n))
    clock = FakeClock()
    first = collect_from(site, tmp_path, "/", clock=clock, **ALL)
    clock.time += 100_000
    before = len(site.log)
    second = collect_from(site, tmp_path, "/", clock=clock, **ALL)
    assert second.documents == first.documents
    again = [hit for hit in site.log[before:] if hit.path.startswith("/columns/")]
    assert len(again) == 4
    for hit in again:
        assert hit.headers["if-none-match"] == '"v1"'
        assert hit.headers["if-modified-since"] == formatdate(0, usegmt=True)


def test_a_changed_page_replaces_the_stored_one(site, tmp_path):
    clock = FakeClock()
    collect_from(site, tmp_path, "/", clock=clock, **ALL)
    site.page("/columns/2", article("two, mended"))
    clock.time += 100_000
    found = collect_from(site, tmp_path, "/", clock=clock, **ALL)
    assert "Column two, mended" in {d.title for d in found.documents} and len(found.documents) == 4


def test_when_a_server_is_down_later_the_stored_copy_is_used_and_reported(site, tmp_path):
    clock = FakeClock()
    collect_from(site, tmp_path, "/", clock=clock, **ALL)
    site.routes["/columns/2"] = answer("", status="500 Down")
    clock.time += 10_000
    found = collect_from(site, tmp_path, "/", clock=clock, **ALL)
    assert len(found.documents) == 4
    assert "the copy of" in found.later[0].reason


@pytest.mark.parametrize("path", ["/robots.txt", "/columns/2"])
@pytest.mark.parametrize(
    "answered", [answer("", status="503 x"), answer("", status="403 Forbidden"), b"?"]
)
def test_documents_are_kept_when_a_server_denies_access_later(site, tmp_path, path, answered):
    clock = FakeClock()
    first = collect_from(site, tmp_path, "/", clock=clock, **ALL)
    site.routes[path] = answered
    clock.time += 100_000
    assert collect_from(site, tmp_path, "/", clock=clock, **ALL).documents == first.documents


def test_pages_that_are_gone_or_forbidden_later_are_removed(site, tmp_path):
    clock = FakeClock()
    collect_from(site, tmp_path, "/", clock=clock, **ALL)
    site.robots("User-agent: *\nDisallow: /columns/1\n")
    site.routes["/columns/2"] = answer("", status="410 Gone")
    clock.time += 100_000
    found = collect_from(site, tmp_path, "/", clock=clock, **ALL)
    assert [d.title for d in found.documents] == ["Column 3", "Column 4"]
    assert not found.later and len(found.skipped) == 2


def test_the_delay_is_respected_across_runs(site, tmp_path):
    clock = FakeClock()
    collect_from(site, tmp_path, "/columns/1", clock=clock)
    clock.slept.clear()
    collect_from(site, tmp_path, "/columns/2", clock=clock)
    assert clock.slept == pytest.approx([2.0])  # robots.txt was read within the day
    assert site.counts["/robots.txt"] == 1


def test_all_ports_of_a_host_share_its_delay(tmp_path):
    with served() as one, served() as other:
        for site in (one, other):
            site.page("/a", article(site.port))
        clock = FakeClock()
        collect_from(one, tmp_path, "/a", f"{other.url}/a", clock=clock)
        assert clock.slept == pytest.approx([2.0] * 3)


def test_a_busy_server_is_asked_again_as_soon_as_it_permits(site, tmp_path):
    site.routes["/columns/1"] = changing(
        answer("", "Retry-After: 0", status="503 x"), answer(article(1))
    )
    clock = FakeClock()
    assert collect_from(site, tmp_path, "/columns/1", clock=clock).documents
    assert clock.slept == pytest.approx([2.0, 2.0])

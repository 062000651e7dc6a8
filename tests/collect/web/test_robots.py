"""robots.txt: groups, product tokens, the longest rule, and encoded paths.

The cases are those of RFC 9309 and of the published tests of Google's parser, as facts.
"""

import pytest

from morris_mlx.collect.web.robots import MAX_ROBOTS_BYTES, parse_robots

HOST = "https://example.org"
US, OTHER = "morris-mlx", "otherbot"


def is_allowed(rules: str | bytes, path: str) -> bool:
    body = rules if isinstance(rules, bytes) else rules.encode()
    return parse_robots(f"{HOST}/robots.txt", body).allows(HOST + path)


GROUPS = f"""allow: /before/

user-agent: {US}
disallow: /
allow: /x/
user-agent: {OTHER}
disallow: /
allow: /y/


allow: /w/
user-agent: third

user-agent: {US}
allow: /z/
disallow: /
"""


@pytest.mark.parametrize(
    ("path", "allowed"),
    [("/x/b", True), ("/z/d", True), ("/y/c", False), ("/w/a", False), ("/before/", False)],
)
def test_all_groups_of_a_product_token_are_one(path, allowed):
    assert is_allowed(GROUPS, path) is allowed


@pytest.mark.parametrize("line", ["Sitemap: https://example.org/s.xml", "Unknown-line: x", "Host:"])
@pytest.mark.parametrize("first", [US, OTHER])
def test_lines_that_are_no_rules_do_not_end_a_group(line, first):
    assert not is_allowed(f"User-agent: {first}\n{line}\nUser-agent: *\nDisallow: /\n", "/a")


def test_a_crawl_delay_does_not_end_a_group_but_counts():
    rules = parse_robots(
        "", f"User-agent: {US}\nCrawl-delay: 7\nUser-agent: *\nDisallow: /".encode()
    )
    assert rules.delay_seconds == 7 and not rules.allows(f"{HOST}/a")


@pytest.mark.parametrize(
    ("agent", "is_ours"),
    [
        ("morris-mlx", True),
        ("Morris-MLX", True),
        ("morris-mlx/1.0", True),
        ("morris-mlx and others", True),
        ("morris-mlx # a comment", True),
        ("morris", False),
        ("morris-mlx-extra", False),
        ("other morris-mlx", False),
        ("", False),
    ],
)
def test_the_product_token_ends_at_the_first_other_character(agent, is_ours):
    rules = f"User-agent: *\nDisallow: /\n\nUser-agent: {agent}\nAllow: /x/\nDisallow: /\n"
    assert is_allowed(rules, "/x/y") is is_ours
    assert not is_allowed(rules, "/z")


@pytest.mark.parametrize(
    ("rules", "path", "allowed"),
    [
        ("allow: /page\ndisallow: /*.html", "/page.html", False),
        ("allow: /page\ndisallow: /*.html", "/page", True),
        ("allow: /x/page.\ndisallow: /*.html", "/x/page.html", True),
        ("disallow: /p\nallow: /p", "/page", True),
        ("disallow: /\nallow: /folder", "/folder/page", True),
        ("disallow: /folder\nallow: /", "/folder/page", False),
        ("disallow: \nallow: ", "/x", True),
        ("disallow: /X/", "/x/y", True),
        ("disallow: /*/foo", "/a/foo", False),
        ("disallow: /foo/bar$", "/foo/bar", False),
        ("disallow: /foo/bar$", "/foo/bar/baz", True),
        ("disallow: /foo/bar#a", "/foo/bar", False),
        ("disallow: /*.php$", "/a.php?x=1", True),
        ("allow: /$\ndisallow: /", "/", True),
        ("allow: /$\ndisallow: /", "/x", False),
        ("dissallow: /x", "/x", False),
    ],
)
def test_the_longest_rule_counts(rules, path, allowed):
    assert is_allowed(f"user-agent: {US}\n{rules}\n", path) is allowed


@pytest.mark.parametrize(
    ("rule", "path", "allowed"),
    [
        ("/foo/bar?baz=quz", "/foo/bar?baz=quz", True),
        ("/foo/bar?baz=https://foo.bar", "/foo/bar?baz=https%3A%2F%2Ffoo.bar", True),
        ("/foo/bar?baz=https%3A%2F%2Ffoo.bar", "/foo/bar?baz=https://foo.bar", True),
        ("/foo/bar?q=t&b=http://foo.bar?tar&par", "/foo/bar?q=t&b=http://foo.bar?tar&par", True),
        ("/foo/bar/ツ", "/foo/bar/%E3%83%84", True),
        ("/foo/bar/%E3%83%84", "/foo/bar/%E3%83%84", True),
        ("/foo/bar/%e3%83%84", "/foo/bar/%E3%83%84", True),
        ("/foo/bar/%62%61%7A", "/foo/bar/baz", True),
        ("/~joe", "/%7Ejoe", True),
        ("/a%2Fb", "/a/b", False),
        ("/a/b", "/a%2Fb", False),
        ("/file-%2A.html", "/file-*.html", True),
        ("/foo-%24", "/foo-$", True),
        ("/*https://", "/go?to=https://foo.bar", True),
        ("/*https://", "/go/https://foo.bar", True),
    ],
)
def test_encoded_and_plain_paths_are_equal(rule, path, allowed):
    assert is_allowed(f"User-agent: {US}\nDisallow: /\nAllow: {rule}\n", path) is allowed
    assert is_allowed(f"User-agent: {US}\nDisallow: {rule}\n", path) is not allowed


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf", b"\xef\xbb"])
def test_any_line_ends_and_a_byte_order_mark_even_a_cut_one(ends, mark):
    rules = mark + ends.join(["User-Agent: *", "", "Disallow: /a", "# end"]).encode()
    assert not is_allowed(rules, "/a") and is_allowed(rules, "/b")


def test_of_a_file_that_is_too_long_whole_lines_are_obeyed():
    body = b"User-agent: *\nDisallow: /a\n" + b"#" * MAX_ROBOTS_BYTES + b"\nDisallow: /b\n"
    assert not is_allowed(body, "/a") and is_allowed(body, "/b")

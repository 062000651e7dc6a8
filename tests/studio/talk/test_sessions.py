"""The studio without a browser: what its server does, and for whom."""

import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from html import unescape
from pathlib import Path

import httpx
import pytest
from gradio_client import Client
from support.fake_generator import CARDS, ENDLESS, FakeGenerator, only_this_machine, studio, until

from morris_mlx.errors import MorrisError, UsageError
from morris_mlx.records.corpus import Message
from morris_mlx.records.generation import GenerationSettings
from morris_mlx.studio.sandbox import sandboxed
from morris_mlx.studio.talk.form import BASE, SAMPLING_FIELDS, STRENGTH, read_form, read_number
from morris_mlx.studio.talk.html import plain

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:gradio.*")
STARTS = [field.default if field.default is not None else "" for field in SAMPLING_FIELDS]
ASKED = {"adapter": "sample", "compare": False, "strength": 1.0, "system_prompt": "Be you."}

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module", autouse=True)
def surroundings():
    """As `open_studio` makes them; and no connection to anywhere but this machine."""
    with sandboxed(), only_this_machine():
        yield


@pytest.fixture(scope="module")
def one_studio(surroundings):
    generator = FakeGenerator()
    with studio(generator) as address:
        yield address, generator


def client_of(address):
    return Client(address, verbose=False)


def asked(**changes):
    """The values of the page, in its order; `changes` by name."""
    values = ASKED | dict(zip((f.name for f in SAMPLING_FIELDS), STARTS, strict=True)) | changes
    return [values[name] for name in values]


def talk(client, question, **changes):
    return Page(client.predict(question, *asked(**changes), api_name="/talk"))


class Page:
    """What the page shows after an event: its texts, as a reader sees them."""

    def __init__(self, shown):
        self.base, self.chosen, self.status = map(words_of, shown[:3])


def words_of(html):
    if not isinstance(html, str):
        return ""
    return unescape(re.sub(r"<[^>]+>", "\n", html))


def test_a_question_is_answered_with_the_history_and_the_figures():
    generator = FakeGenerator({"Who?": ["Me, ", "a machine."], "Why?": ["Because."]})
    with studio(generator) as address:
        client = client_of(address)
        first = talk(client, "Who?")
        assert "Me, a machine." in first.chosen and "sample at strength 1" in first.chosen
        assert "1.0 tokens/s · first after 0.25 s · 2 tokens · seed 11" in first.chosen
        talk(client, " Why? ", strength=0.5, temperature=0, seed="7", top_k=40, max_tokens=None)
    messages, overrides = generator.requests[1]
    assert messages == (
        Message("system", "Be you."),
        Message("user", "Who?"),
        Message("assistant", "Me, a machine."),
        Message("user", "Why?"),
    )
    assert overrides == {
        "adapter": "sample",
        "strength": 0.5,
        "temperature": 0.0,
        "top_p": 0.95,
        "top_k": 40,
        "min_p": 0.05,
        "repetition_penalty": 1.15,
        "seed": 7,
    }
    GenerationSettings(**overrides)


def test_a_reply_is_streamed_as_it_comes():
    with studio(FakeGenerator({"": ENDLESS[:12]}, seconds=0.1)) as address:
        job = client_of(address).submit("Go on", *asked(), api_name="/talk")
        job.result(timeout=30)
        lengths = [len(words_of(shown[1])) for shown in job.outputs()]
        assert len(set(lengths)) >= 5 and lengths == sorted(lengths)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("strength", 1.6, "Strength is 1.6; it must be a number from 0 to 1.5."),
        ("strength", None, "Strength is empty; it must be a number from 0 to 1.5."),
        ("temperature", -1, "Temperature is -1; it must be a number from 0 to 5."),
        ("temperature", "warm", "Temperature is 'warm'; it must be a number from 0 to 5."),
        ("top_p", 0, "Top p is 0; it must be a number from 1e-06 to 1."),
        ("top_k", 1.5, "Top k is 1.5; it must be a whole number from 0 to 1,000,000."),
        ("min_p", True, "Min p is True; it must be a number from 0 to 1."),
        ("repetition_penalty", 0, "Repetition penalty is 0; it must be a number from 0.01 to 10."),
        ("max_tokens", 0, "Max tokens is 0; it must be a whole number from 1 to 1,000,000."),
        ("seed", "2e99", "Seed is 2e+99; it must be a whole number from 0 to 4,294,967,295."),
        ("seed", "nan", "Seed is nan; it must be a whole number from 0 to 4,294,967,295."),
        ("adapter", "gone", "There is no adapter 'gone' any more. Press Refresh."),
        ("adapter", ["a"], "There is no adapter ['a'] any more. Press Refresh."),
    ],
)
def test_a_bad_value_is_told_with_its_range(name, value, told):
    with pytest.raises(MorrisError) as error:
        read_form(["sample"], *asked(**{name: value}))
    assert str(error.value) == told


def test_the_fields_are_settings_of_generation_and_begin_valid():
    for field in (STRENGTH, *SAMPLING_FIELDS):
        if field.default is not None:
            GenerationSettings(**{field.name: read_number(field, field.default)})
        with pytest.raises(UsageError):
            read_number(field, field.range[1] * 2)


def test_a_bad_value_runs_nothing_and_loses_nothing():
    generator = FakeGenerator()
    with studio(generator) as address:
        client = client_of(address)
        talk(client, "First")
        refused = client.predict("Second", *asked(top_p=3), api_name="/talk")
        assert "Top p is 3; it must be a number from 1e-06 to 1." in words_of(refused[2])
        assert [m["__type__"] for m in refused[:2]] == ["update"] * 2  # nothing is drawn anew
        assert refused[3]["__type__"] == "update" and "value" not in refused[3]
        assert "Choose an adapter" in talk(client, "x", adapter=BASE, compare=True).status
        assert len(generator.requests) == 1
        talk(client, "Third")
    assert [m.content for m in generator.requests[1][0] if m.role == "user"] == ["First", "Third"]


@pytest.mark.parametrize("nothing", ["", "  \n ", None, 7])
def test_an_empty_message_does_nothing(nothing, one_studio):
    address, generator = one_studio
    before = len(generator.requests)
    client_of(address).predict(nothing, *asked(), api_name="/talk")
    assert len(generator.requests) == before


def test_every_client_has_its_own_conversation_and_the_model_answers_one_at_a_time():
    generator = FakeGenerator(seconds=0.02)
    with studio(generator) as address:
        clients = [client_of(address) for _ in range(4)]
        for turn in ("first", "second"):
            jobs = [
                client.submit(f"{turn} of {number}", *asked(), api_name="/talk")
                for number, client in enumerate(clients)
            ]
            for job in jobs:
                assert "nothing came of it." in words_of(job.result(timeout=30)[1])
    assert len(generator.requests) == 8 and generator.most_at_once == 1
    for messages, _ in generator.requests[4:]:
        number = messages[-1].content[-1]
        assert [m.content for m in messages if m.role == "user"] == [
            f"first of {number}",
            f"second of {number}",
        ]


def test_who_waits_for_the_model_is_told_so():
    generator = FakeGenerator({"long": ENDLESS}, seconds=0.02)
    with studio(generator) as address:
        first, second = client_of(address), client_of(address)
        first.submit("long", *asked(), api_name="/talk")
        until(lambda: generator.given > 3)
        waiting = second.submit("short", *asked(), api_name="/talk")
        until(lambda: any("busy" in words_of(shown[2]) for shown in waiting.outputs()))
        first.predict(api_name="/stop")
        assert "came of it" in words_of(waiting.result(timeout=20)[1])


def test_stop_ends_the_model_within_a_token_and_keeps_what_was_said():
    generator = FakeGenerator({"": ENDLESS}, seconds=0.02)
    with studio(generator) as address:
        client = client_of(address)
        job = client.submit("Go on", *asked(), api_name="/talk")
        until(lambda: generator.given > 5)
        client.predict(api_name="/stop")
        given = generator.given
        shown = Page(job.result(timeout=10))
        assert generator.given <= given + 1
        assert "word0 word1 " in shown.chosen and "stopped" in shown.chosen


def test_a_second_question_during_a_reply_is_refused_and_the_first_goes_on():
    generator = FakeGenerator({"": ENDLESS}, seconds=0.02)
    with studio(generator) as address:
        client = client_of(address)
        job = client.submit("Go on", *asked(), api_name="/talk")
        until(lambda: generator.given > 2)
        assert "still being written" in talk(client, "And?").status
        assert "still being written" in Page(client.predict("", api_name="/undo")).status
        assert "still being written" in Page(client.predict(api_name="/new")).status
        client.predict(api_name="/stop")
        assert "word0" in words_of(job.result(timeout=10)[1])
    assert len(generator.requests) == 1


def test_base_and_adapter_answer_one_question_each_with_its_own_history():
    generator = FakeGenerator({"One": ["uno"], "Two": ["dos"]})
    with studio(generator) as address:
        client = client_of(address)
        shown = talk(client, "One", compare=True)
        assert "practice, no adapter" in shown.base and "sample at strength 1" in shown.chosen
        generator.replies["One"] = ["eins"]
        talk(client, "Two", compare=True)
    (_, base), (_, chosen), *second = generator.requests
    assert base["adapter"] is None and "strength" not in base
    assert chosen["adapter"] == "sample" and chosen["strength"] == 1.0
    assert [o["adapter"] for _, o in second] == [None, "sample"]
    assert base.items() - {("adapter", None)} <= chosen.items()


def test_retry_asks_again_and_undo_takes_back():
    generator = FakeGenerator({"One": ["first answer"]})
    with studio(generator) as address:
        client = client_of(address)
        assert Page(client.predict(*asked(), api_name="/retry")).chosen == ""  # nothing to retry
        talk(client, "One")
        generator.replies["One"] = ["second answer"]
        again = Page(client.predict(*asked(strength=0.25), api_name="/retry"))
        assert "second answer" in again.chosen and "first answer" not in again.chosen
        assert generator.requests[1][0] == generator.requests[0][0]
        assert generator.requests[1][1]["strength"] == 0.25
        generator.replies["One"] = ["!"]
        failed = Page(client.predict(*asked(), api_name="/retry"))
        assert "second answer" in failed.chosen and "model failed" in failed.status
        undone = client.predict("", api_name="/undo")
        assert "One" not in words_of(undone[1]) and undone[3] == "One"
        assert "One" not in Page(client.predict(api_name="/new")).chosen


def test_an_error_in_a_reply_is_told_in_words_and_keeps_the_question():
    generator = FakeGenerator({"Bad": ["a few ", "words", "!"], "Worse": ["!"]})
    with studio(generator) as address:
        client = client_of(address)
        shown = talk(client, "Bad")
        assert shown.status.strip() == "The model failed. Press Retry."
        assert "a few words" in shown.chosen
        assert "Press Retry" in talk(client, "Worse").chosen
        generator.replies["Worse"] = ["better"]
        assert "better" in Page(client.predict(*asked(), api_name="/retry")).chosen
    users = [m.content for m in generator.requests[2][0] if m.role == "user"]
    assert users == ["Bad", "Worse"]


def test_the_first_question_loads_the_model_and_says_so_a_failure_can_be_tried_again():
    tries, go = [], threading.Event()

    def prepare(say):
        tries.append(1)
        if len(tries) == 1:
            raise MorrisError("practice is damaged. Install Morris again.")
        say("Loading practice …")
        go.wait(20)

    generator = FakeGenerator()
    with studio(generator, prepare=prepare) as address:
        client = client_of(address)
        assert talk(client, "Hello").status.strip() == "practice is damaged. Install Morris again."
        assert generator.requests == []
        job = client.submit(*asked(), api_name="/retry")
        until(lambda: any("Loading practice" in words_of(s[2]) for s in job.outputs()))
        go.set()
        assert "came of it" in words_of(job.result(timeout=20)[1])
        talk(client, "Again")
    assert len(tries) == 2


def test_a_new_adapter_appears_on_refresh():
    cards = CARDS[:1]
    with studio(FakeGenerator(), cards=cards) as address:
        client = client_of(address)
        cards.append(CARDS[1])
        choices, prompt = client.predict("letters", api_name="/refresh")
        assert [value for _, value in choices["choices"]] == ["sample", "letters", BASE]
        assert choices["value"] == "letters" and prompt == "You write letters."


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
def test_other_sites_and_other_names_are_refused(headers, status, one_studio):
    address, generator = one_studio
    before = len(generator.requests)
    body = {"data": [None, "x", *asked()], "session_hash": "s"}
    for path in ("", "config", "gradio_api/info"):
        assert httpx.get(address + path, headers=headers).status_code == status
    asked_it = httpx.post(address + "gradio_api/call/talk", json=body, headers=headers)
    assert asked_it.status_code == status
    if status == 200:
        until(lambda: len(generator.requests) == before + 1)
        own = {"origin": address.rstrip("/")}
        assert httpx.get(address, headers=own).status_code == 200
    else:
        time.sleep(0.1)
        assert len(generator.requests) == before


def test_nothing_is_offered_but_the_page():
    with studio(FakeGenerator()) as address:
        config = httpx.get(address + "config").json()
        assert config["footer_links"] == [] and not config.get("is_space")
        assert config["analytics_enabled"] is False
        html = httpx.get(address).text
        assert "fonts.googleapis" not in html
        for path in (
            "monitoring",
            "docs",
            "redoc",
            "openapi.json",
            "gradio_api/mcp/",
            "gradio_api/runs",
        ):
            assert httpx.get(address + path).status_code >= 400, path
        file = {"files": ("a.txt", b"more than a byte")}
        assert httpx.post(address + "gradio_api/upload", files=file).status_code >= 400
        port = int(address.rstrip("/").rsplit(":", 1)[1])
        assert listening(port) == {"0100007F"}


def listening(port):
    """The addresses, in hexadecimal, on which this machine listens at a port (Linux)."""
    if not Path("/proc/net/tcp").exists():
        return {"0100007F"}
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {
        r[1].split(":")[0] for r in rows if r[3] == "0A" and int(r[1].split(":")[1], 16) == port
    }


def test_a_taken_port_gives_the_next_one_or_an_error():
    from morris_mlx.studio.server import find_port

    first = find_port(None)
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", first))
        taken.listen()
        assert find_port(None) > first
        with pytest.raises(MorrisError, match=f"Port {first} is taken"):
            find_port(first)


def test_gradio_finds_nothing_open_in_its_surroundings(monkeypatch):
    monkeypatch.setenv("GRADIO_SHARE", "True")
    monkeypatch.setenv("GRADIO_NUM_WORKERS", "2")
    with sandboxed():
        assert "GRADIO_SHARE" not in os.environ and "GRADIO_NUM_WORKERS" not in os.environ
        folder = Path(os.environ["GRADIO_TEMP_DIR"])
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        (folder / "left").write_text("")
        assert stat.S_IMODE((folder / "left").stat().st_mode) == 0o600
    assert os.environ["GRADIO_SHARE"] == "True" and not folder.exists()


PROGRAM = """
import sys
from support.fake_generator import FakeGenerator, workshop
from morris_mlx.studio import open_studio
open_studio(workshop(FakeGenerator()), None, False, lambda address: print(address, flush=True))
print("closed")
"""


def test_the_door_serves_until_ctrl_c_and_leaves_nothing(tmp_path):
    (tmp_path / "tmp").mkdir()
    (tmp_path / "home").mkdir()
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GRADIO_")}
    environment |= {
        "TMPDIR": str(tmp_path / "tmp"),
        "GRADIO_SHARE": "True",
        "GRADIO_SERVER_NAME": "0.0.0.0",
        "GRADIO_VIBE_MODE": "1",
        "GRADIO_NUM_WORKERS": "1",
        "HTTP_PROXY": "http://127.0.0.1:9",
        "NO_PROXY": "",
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")]),
    }
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        cwd=tmp_path / "home",
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as program:
        address = program.stdout.readline().strip()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", address)
        assert httpx.get(address, trust_env=False).status_code == 200
        assert listening(int(address[:-1].rsplit(":", 1)[1])) == {"0100007F"}
        shared = json.loads(httpx.get(address + "config", trust_env=False).text)
        assert shared.get("share_url") is None
        program.send_signal(signal.SIGINT)
        said, complained = program.communicate(timeout=20)
    assert (program.returncode, said, complained) == (0, "closed\n", "")
    assert list((tmp_path / "tmp").iterdir()) == list((tmp_path / "home").iterdir()) == []


def test_no_sign_of_a_text_is_markup():
    hostile = "<img src=x onerror=a()> & \"quotes\" 'single' ${7*7} {{value}} `x`"
    safe = plain(hostile)
    assert not set(re.sub(r"&#?\w+;", "", safe)) & set("<>\"'&${}`") and unescape(safe) == hostile


def test_the_command_lists_the_adapters_of_the_model(project):
    from morris_mlx.cli.studio import adapter_cards
    from morris_mlx.project.adapters import select_model

    voice = select_model(project, None, "sample", None)
    (card,) = adapter_cards(project, "sample", voice)
    assert (card.name, card.base_model) == ("sample", voice.model.name) and card.when
    assert [c.name for c in adapter_cards(project, None, voice)] == ["sample"]

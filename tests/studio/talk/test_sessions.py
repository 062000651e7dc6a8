"""Conversations of several tabs with one model, through the server but without a browser."""

import threading

import pytest
from support.fake_generator import (
    CARDS,
    ENDLESS,
    PATIENCE,
    FakeGenerator,
    SteppedPieces,
    studio,
    until,
)
from support.studio_client import Page, connect, form_values, talk, text_of

from morris_mlx.errors import MorrisError
from morris_mlx.records.corpus import Message
from morris_mlx.records.generation import GenerationSettings
from morris_mlx.studio.talk.form import BASE

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:gradio.*")


def keep_model_busy(generator, client):
    """Send a message whose reply does not end, and wait until it runs."""
    client.submit("long", *form_values(), api_name="/talk")
    until(lambda: generator.given > 3)


def submit_waiting(client):
    """Send a message, and return its job as soon as the page says that it waits."""
    job = client.submit("short", *form_values(), api_name="/talk")
    until(lambda: any("busy" in text_of(shown[2]) for shown in job.outputs()))
    return job


def test_a_message_is_answered_with_its_history_and_the_metrics_are_shown():
    generator = FakeGenerator({"Who?": ["Me, ", "a machine."], "Why?": ["Because."]})
    with studio(generator) as address:
        client = connect(address)
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
        "repetition_penalty": 1.0,
        "seed": 7,
    }
    GenerationSettings(**overrides)


def test_a_reply_is_streamed():
    pieces = SteppedPieces(ENDLESS[:5])
    with studio(FakeGenerator({"": pieces})) as address:
        job = connect(address).submit("Go on", *form_values(), api_name="/talk")
        for number in range(5):
            assert not any(f"word{number}" in text_of(shown[1]) for shown in job.outputs())
            pieces.let_one()
            until(lambda n=number: any(f"word{n}" in text_of(s[1]) for s in job.outputs()))
        job.result(timeout=PATIENCE)
        lengths = [len(text_of(shown[1])) for shown in job.outputs()]
        assert len(set(lengths)) >= 5 and lengths == sorted(lengths)


def test_a_bad_value_sends_no_request_and_keeps_the_message():
    generator = FakeGenerator()
    with studio(generator) as address:
        client = connect(address)
        talk(client, "First")
        refused = client.predict("Second", *form_values(top_p=3), api_name="/talk")
        assert "Top p is 3; it must be a number from 1e-06 to 1." in text_of(refused[2])
        assert [m["__type__"] for m in refused[:2]] == ["update"] * 2  # without a change
        assert refused[3]["__type__"] == "update" and "value" not in refused[3]
        assert "Choose an adapter" in talk(client, "x", adapter=BASE, compare=True).status
        assert len(generator.requests) == 1
        talk(client, "Third")
    assert [m.content for m in generator.requests[1][0] if m.role == "user"] == ["First", "Third"]


@pytest.mark.parametrize("nothing", ["", "  \n ", None, 7])
def test_an_empty_message_sends_no_request(nothing, shared_studio):
    address, generator = shared_studio
    before = len(generator.requests)
    connect(address).predict(nothing, *form_values(), api_name="/talk")
    assert len(generator.requests) == before


def test_every_tab_has_its_own_conversation_and_the_scheduler_orders_their_replies():
    generator = FakeGenerator(seconds=0.02)
    with studio(generator) as address:
        clients = [connect(address) for _ in range(4)]
        for turn in ("first", "second"):
            jobs = [
                client.submit(f"{turn} of {number}", *form_values(), api_name="/talk")
                for number, client in enumerate(clients)
            ]
            for job in jobs:
                assert "nothing came of it." in text_of(job.result(timeout=PATIENCE)[1])
    assert len(generator.requests) == 8 and generator.most_running == 1
    for messages, _ in generator.requests[4:]:
        number = messages[-1].content[-1]
        assert [m.content for m in messages if m.role == "user"] == [
            f"first of {number}",
            f"second of {number}",
        ]


def test_the_page_says_that_a_message_waits_for_the_model():
    generator = FakeGenerator({"long": ENDLESS}, seconds=0.02)
    with studio(generator) as address:
        first, second = connect(address), connect(address)
        keep_model_busy(generator, first)
        waiting = submit_waiting(second)
        first.predict(api_name="/stop")
        assert "came of it" in text_of(waiting.result(timeout=PATIENCE)[1])


def test_tabs_that_use_the_same_adapter_share_a_batch():
    generator = FakeGenerator({"": ENDLESS[:400]}, seconds=0.3, batch_size=2)
    with studio(generator) as address:
        jobs = [
            connect(address).submit("Go on", *form_values(), api_name="/talk") for _ in range(2)
        ]
        until(lambda: generator.running == 2)
        generator.seconds = 0.0
        for job in jobs:
            assert "word399" in text_of(job.result(timeout=PATIENCE)[1])
    assert generator.most_running == 2


def test_a_message_to_a_full_queue_is_refused_in_words_and_can_be_sent_again():
    generator = FakeGenerator({"long": ENDLESS}, seconds=0.02, queue_size=1)
    with studio(generator) as address:
        first, second, third = (connect(address) for _ in range(3))
        keep_model_busy(generator, first)
        waiting = submit_waiting(second)
        refused = talk(third, "mine")
        assert "Too many messages are waiting for the model. Press Retry" in refused.status
        assert "mine" in refused.chosen and "no answer" in refused.chosen
        first.predict(api_name="/stop")
        assert "came of it" in text_of(waiting.result(timeout=PATIENCE)[1])
        again = Page(third.predict(*form_values(), api_name="/retry"))
        assert "came of it" in again.chosen and again.status.strip() == ""


def test_a_comparison_that_finds_one_place_in_the_queue_gives_it_back():
    generator = FakeGenerator({"long": ENDLESS}, seconds=0.02, queue_size=1)
    with studio(generator) as address:
        first, second = connect(address), connect(address)
        keep_model_busy(generator, first)
        assert "Too many messages" in talk(second, "both", compare=True).status
        waiting = submit_waiting(connect(address))
        first.predict(api_name="/stop")
        assert "came of it" in text_of(waiting.result(timeout=PATIENCE)[1])


def test_stop_removes_a_message_that_waits():
    generator = FakeGenerator({"long": ENDLESS}, seconds=0.02)
    with studio(generator) as address:
        first, second = connect(address), connect(address)
        keep_model_busy(generator, first)
        waiting = submit_waiting(second)
        second.predict(api_name="/stop")
        assert "no answer" in text_of(waiting.result(timeout=PATIENCE)[1])
        given = generator.given
        until(lambda: generator.given > given)  # the other tab's reply continues
        first.predict(api_name="/stop")


def test_a_message_that_waits_for_the_model_to_load_can_be_stopped():
    loaded = threading.Event()
    generator = FakeGenerator(load=lambda: loaded.wait(PATIENCE))
    with studio(generator) as address:
        first, second = connect(address), connect(address)
        jobs = [c.submit("Hello", *form_values(), api_name="/talk") for c in (first, second)]
        for job in jobs:
            until(lambda job=job: any("Loading" in text_of(s[2]) for s in job.outputs()))
        first.predict(api_name="/stop")
        assert "no answer" in text_of(jobs[0].result(timeout=PATIENCE)[1])
        loaded.set()
        assert "came of it" in text_of(jobs[1].result(timeout=PATIENCE)[1])
    assert len(generator.requests) == 1


def test_stop_ends_the_reply_within_a_token_and_keeps_its_text():
    generator = FakeGenerator({"": ENDLESS}, seconds=0.02)
    with studio(generator) as address:
        client = connect(address)
        job = client.submit("Go on", *form_values(), api_name="/talk")
        until(lambda: generator.given > 5)
        client.predict(api_name="/stop")
        given = generator.given
        shown = Page(job.result(timeout=PATIENCE))
        assert generator.given <= given + 1
        assert "word0 word1 " in shown.chosen and "stopped" in shown.chosen


def test_a_second_message_during_a_reply_is_refused_and_the_reply_continues():
    generator = FakeGenerator({"": ENDLESS}, seconds=0.02)
    with studio(generator) as address:
        client = connect(address)
        job = client.submit("Go on", *form_values(), api_name="/talk")
        until(lambda: generator.given > 2)
        assert "still being written" in talk(client, "And?").status
        assert "still being written" in Page(client.predict("", api_name="/undo")).status
        assert "still being written" in Page(client.predict(api_name="/new")).status
        client.predict(api_name="/stop")
        assert "word0" in text_of(job.result(timeout=PATIENCE)[1])
    assert len(generator.requests) == 1


def test_base_and_adapter_answer_a_message_each_with_its_own_history():
    generator = FakeGenerator({"One": ["uno"], "Two": ["dos"]})
    with studio(generator) as address:
        client = connect(address)
        shown = talk(client, "One", compare=True)
        assert "practice, no adapter" in shown.base and "sample at strength 1" in shown.chosen
        generator.replies["One"] = ["eins"]
        talk(client, "Two", compare=True)
    (_, base), (_, chosen), *second = generator.requests
    assert base["adapter"] is None and "strength" not in base
    assert chosen["adapter"] == "sample" and chosen["strength"] == 1.0
    assert [o["adapter"] for _, o in second] == [None, "sample"]
    assert base.items() - {("adapter", None)} <= chosen.items()


def test_retry_replaces_the_answer_and_undo_removes_the_turn():
    generator = FakeGenerator({"One": ["first answer"]})
    with studio(generator) as address:
        client = connect(address)
        assert (
            Page(client.predict(*form_values(), api_name="/retry")).chosen == ""
        )  # no message yet
        talk(client, "One")
        generator.replies["One"] = ["second answer"]
        again = Page(client.predict(*form_values(strength=0.25), api_name="/retry"))
        assert "second answer" in again.chosen and "first answer" not in again.chosen
        assert generator.requests[1][0] == generator.requests[0][0]
        assert generator.requests[1][1]["strength"] == 0.25
        generator.replies["One"] = ["!"]
        failed = Page(client.predict(*form_values(), api_name="/retry"))
        assert "second answer" in failed.chosen and "model failed" in failed.status
        undone = client.predict("", api_name="/undo")
        assert "One" not in text_of(undone[1]) and undone[3] == "One"
        assert "One" not in Page(client.predict(api_name="/new")).chosen


def test_an_error_in_a_reply_is_shown_in_words_and_keeps_the_message():
    generator = FakeGenerator({"Bad": ["a few ", "words", "!"], "Worse": ["!"]})
    with studio(generator) as address:
        client = connect(address)
        shown = talk(client, "Bad")
        assert shown.status.strip() == "The model failed. Press Retry."
        assert "a few words" in shown.chosen
        assert "Press Retry" in talk(client, "Worse").chosen
        generator.replies["Worse"] = ["better"]
        assert "better" in Page(client.predict(*form_values(), api_name="/retry")).chosen
    users = [m.content for m in generator.requests[2][0] if m.role == "user"]
    assert users == ["Bad", "Worse"]


def test_the_first_message_loads_the_model_and_a_failed_load_is_tried_again():
    tries, loaded = [], threading.Event()

    def load():
        tries.append(1)
        if len(tries) == 1:
            raise MorrisError("practice is damaged. Install Morris again.")
        loaded.wait(PATIENCE)

    generator = FakeGenerator(load=load)
    with studio(generator) as address:
        client = connect(address)
        assert talk(client, "Hello").status.strip() == "practice is damaged. Install Morris again."
        assert generator.requests == []
        job = client.submit(*form_values(), api_name="/retry")
        until(lambda: any("Loading practice" in text_of(s[2]) for s in job.outputs()))
        loaded.set()
        assert "came of it" in text_of(job.result(timeout=PATIENCE)[1])
        talk(client, "Again")
    assert len(tries) == 2


def test_a_new_adapter_appears_on_refresh():
    cards = CARDS[:1]
    with studio(FakeGenerator(), cards=cards) as address:
        client = connect(address)
        cards.append(CARDS[1])
        choices, prompt = client.predict("letters", api_name="/refresh")
        assert [value for _, value in choices["choices"]] == ["sample", "letters", BASE]
        assert choices["value"] == "letters" and prompt == "You write letters."

"""Datasets with plain drafts: a drafting function in place of a model."""

from morris_mlx.defaults import SYSTEM_PROMPT
from morris_mlx.prepare import Extras, prepare_collected
from morris_mlx.records.corpus import SPLITS

RUSSIAN = (
    "Вчера я ходил на почту – за посылкой, которой там, разумеется, не оказалось ({n}). "
    "Очередь стояла смирно; каждый держал в руках бумажку. Ну и кто после этого виноват?\n\n"
    "Девушка в окне сказала, что посылка уехала обратно – сама, без объяснений; мол, бывает. "
    "Я спросил, нельзя ли её догнать, потому что внутри лежали мамины варежки номер {n}. Так и живём. "
    "Девушка вздохнула и повесила табличку про обед, хотя на часах было девять утра с минутами.\n\n"
    "Дома я рассказал об этом коту – он выслушал, не перебивая; кот у меня деликатный. Потом мы "
    "вместе посмотрели в окно, где шёл снег, и решили, что варежки подождут до весны. Так и живём."
)


def prepare_documents(documents, tokenizer, window=1024, seed=7, prompt=SYSTEM_PROMPT, **extras):
    return prepare_collected(
        documents, (), tokenizer, window, prompt, seed, extras=Extras(**extras)
    )


def passage_of(request):
    """Return the passage that a request asks to rewrite."""
    return request.messages[-1].content.split("\n\n", 1)[1]


def write_plainly(text):
    """Return about as many words as the text, none of its own."""
    sentence = "Some plain statement stands in place of what was written before."
    return " ".join([sentence] * max(1, round(len(text.split()) / 11)))


def drafting(answer=write_plainly, asked=None):
    """Return a drafting function; `asked` collects its requests."""

    def draft_many(requests):
        for one in requests:
            if asked is not None:
                asked.append(one)
            yield answer(passage_of(one))

    return draft_many


def rows_of(made):
    return [e for split in SPLITS for e in made.examples[split]]

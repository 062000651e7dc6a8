"""Measurement of how well models' vocabularies cover languages, in bytes of text per token.

    python scripts/bench/vocabulary.py practice smollm2 zephyr
    python scripts/bench/vocabulary.py FOLDER --text russian.txt

Only the tokenizers of the models are used. Without --text, the script measures one paragraph each in
English, German, Russian, Greek and Chinese, and the writer's messages in the sample chats.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from morris_mlx.defaults import sample_folder
from morris_mlx.models.chat_tokenizer import load_tokenizer
from morris_mlx.models.find import find_model
from morris_mlx.text.vocabulary import bytes_per_token, knowledge

PARAGRAPHS = {
    "English": "Yesterday I tuned an old piano at the music school. It stood by the window, and in "
    "autumn there was a draught, so the upper register had gone flat by a semitone. The head and I "
    "drank tea and said that there would be no new instruments until spring. Then the children "
    "came, and we had to finish earlier than we wanted. Call me in the evening when you are free.",
    "German": "Gestern habe ich in der Musikschule ein altes Klavier gestimmt. Es stand am "
    "Fenster, und im Herbst zog es dort, deshalb war die obere Lage um einen Halbton gefallen. Wir "
    "haben Tee getrunken und darüber gesprochen, dass es bis zum Frühling keine neuen Instrumente "
    "geben wird. Dann kamen die Kinder, und wir mussten früher aufhören, als wir wollten.",
    "Russian": "Вчера я настраивала старый рояль в музыкальной школе. Он стоял у окна, и осенью "
    "туда задувало, поэтому верхний регистр ушёл на полтона. Мы с директором пили чай и говорили о "
    "том, что новых инструментов не будет до весны. Потом пришли дети, и пришлось закончить раньше.",
    "Greek": "Χθες κούρδισα ένα παλιό πιάνο στη μουσική σχολή. Στεκόταν δίπλα στο παράθυρο και το "
    "φθινόπωρο έμπαινε αέρας, γι' αυτό οι ψηλές νότες είχαν πέσει κατά ένα ημιτόνιο. Ήπιαμε τσάι "
    "και είπαμε πως δεν θα έρθουν καινούρια όργανα πριν από την άνοιξη.",
    "Chinese": "昨天我在音乐学校给一架旧钢琴调音。它放在窗边，秋天那里有风，所以高音区低了半个音。"
    "我和校长一起喝茶，谈到春天以前不会有新的乐器。后来孩子们来了，我们不得不比原来想的更早结束。"
    "如果明天不下雨，就到乡下来找我们吧，那里苹果很多，够大家吃。晚上有空的时候给我打电话，我会把一切都告诉你。",
}
CYRILLIC = re.compile("[а-яё]")


def sample_messages() -> dict[str, list[str]]:
    """Return the lines of the sample chats, separated into English and Russian ones."""
    source = (sample_folder() / "telegram" / "source.txt").read_text(encoding="utf-8")
    lines = [line.split(":", 1)[-1] for line in source.splitlines() if not line.startswith("#")]
    return {
        "English chats": [line for line in lines if not CYRILLIC.search(line)],
        "Russian chats": [line for line in lines if CYRILLIC.search(line)],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="+")
    parser.add_argument("--text", type=Path, help="a file to measure instead of the paragraphs")
    chosen = parser.parse_args()
    texts = {name: [text] * 3 for name, text in PARAGRAPHS.items()} | sample_messages()
    if chosen.text:
        texts = {chosen.text.name: [chosen.text.read_text(encoding="utf-8")]}
    for model in chosen.models:
        tokenizer = load_tokenizer(find_model(model, tokenizer_only=True).folder)
        print(model)
        for name, these in texts.items():
            measured = bytes_per_token(these, tokenizer.count)
            shown = "too little text" if measured is None else f"{measured:.2f}"
            known = "" if measured is None else knowledge(measured)
            print(f"  {name:14} {shown:>6}  {known}")


if __name__ == "__main__":
    main()

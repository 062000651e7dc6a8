"""Tests of KakaoTalk's text exports: phones and computers, Korean and English."""

import pytest
from support.chat_exports import ME, adds_up, collected, left_out, turns

LAYOUTS = {
    "a phone in Korean": f"""Ann 님과 카카오톡 대화
저장한 날짜 : 2018-06-14 10:00:00

2018년 6월 13일 수요일
2018년 6월 13일 오후 9:20, Ann : Hello
there
2018년 6월 13일 오후 9:21, {ME} : Yes: and
""",
    "an iPhone in Korean": f"""Ann 님과 카카오톡 대화
저장한 날짜 : 2018. 6. 14. 오전 10:00

2018. 6. 13. 오후 9:20, Ann : Hello
there
2018. 6. 13. 오후 9:21, {ME} : Yes: and
""",
    "a phone in English": f"""KakaoTalk Chats with Ann
Date Saved : Jun 14, 2018 at 10:00

Wednesday, June 13, 2018
June 13, 2018 at 9:20 PM, Ann : Hello
there
June 13, 2018 at 9:21 PM, {ME} : Yes: and
""",
    "a computer in Korean": f"""Ann 님과 카카오톡 대화
저장한 날짜 : 2018-06-14 10:00:00

--------------- 2018년 6월 13일 수요일 ---------------
[Ann] [오후 9:20] Hello
there
[{ME}] [오후 9:21] Yes: and
""",
    "a computer in English": f"""Ann with KakaoTalk Chats
Date Saved : 2018-06-14 10:00:00

--------------- Wednesday, June 13, 2018 ---------------
[Ann] [9:20 PM] Hello
there
[{ME}] [9:21 PM] Yes: and
""",
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_is_read(layout, tmp_path):
    path = tmp_path / "chat.txt"
    path.write_text(LAYOUTS[layout], encoding="utf-8")
    found = collected(path)
    assert turns(found) == [[("user", "Hello\nthere"), ("assistant", "Yes: and")]]
    assert found.conversations[0].date == "2018-06-13T21:20:00"
    assert found.writers == (ME,) and adds_up(found)


def test_media_calls_and_people_who_come_and_go_are_left_out(tmp_path):
    path = tmp_path / "chat.txt"
    rows = ["사진 3장", "삭제된 메시지입니다.", "보이스톡 해요", "사진 봤어?"]
    lines = [LAYOUTS["a computer in Korean"].strip()]
    lines += [f"[{ME}] [오후 9:3{n}] {text}" for n, text in enumerate(rows)]
    lines.append("Bo님이 들어왔습니다.")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    found = collected(path)
    assert turns(found)[0][-1] == ("assistant", "Yes: and\n\n사진 봤어?")
    reasons = {"no words (photo, sticker, voice message …)": 1, "deleted": 1, "service message": 2}
    assert left_out(found) == reasons and adds_up(found)

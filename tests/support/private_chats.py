"""A Telegram export with private chats and an address book."""

import json

OTHERS = ("Wendeline", "Bartolomy", "Крокетова", "Sigismunda")


def export(folder):
    """Write an export of two private chats with an address book and all names in the messages."""
    chats = []
    for number, name in enumerate(("Wendeline Auger", "Bartolomy"), start=2):
        messages = []
        for turn in range(120):
            mine = turn % 2
            text = f"{name.split()[0]}, tell Sigismunda that story number {turn} is about the boat."
            if turn % 3 == 0:
                text = f"Говорила с Крокетовой, она передала привет номер {turn} и пирог с рыбой."
            messages.append(
                {
                    "id": turn,
                    "type": "message",
                    "date": "2024-01-01T10:00:00",
                    "date_unixtime": str(1704103200 + number * 10**6 + turn * 90_000),
                    "from": "Me" if mine else name,
                    "from_id": "user1" if mine else f"user{number}",
                    "text": text,
                }
            )
        chats.append({"name": name, "type": "personal_chat", "id": number, "messages": messages})
    account = {
        "personal_information": {"user_id": 1, "first_name": "Me"},
        "contacts": {
            "list": [
                {"first_name": "Sigismunda", "last_name": "Pell", "phone_number": "+1"},
                {"first_name": "Анна", "last_name": "Крокетова"},
            ]
        },
        "chats": {"list": chats},
    }
    path = folder / "result.json"
    path.write_text(json.dumps(account, ensure_ascii=False), encoding="utf-8")
    return path

"""Chat exports → conversations in which the writer is the assistant.

`find_exports` finds the files of exports, `detect_format` recognizes their formats, a parser in
`formats/` yields the messages of each, `read_exports` splits them into sessions, and
`build_conversations` identifies the writer and assigns roles.

    exports, files = collect.find_chats([Path("result.json")])
    found = read_exports(exports, ChatOptions(), no_answer, lambda label: no_progress)
    print(found.funnel)
"""

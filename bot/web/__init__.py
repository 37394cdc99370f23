"""The web, the only package that speaks HTTP: a guard, and behind it every page and the API.

In: requests, and sockets of the chat page. Out: the chat (`chat_*`), the guide's pages (`guide_*`), the chat inside
partners' pages (`embed`, with the script that they load in `widget`), the HTTP API (`api`), the console (`staff`).
Door: `site.build_site`; `app.create_app` where the parts behind it are given.
Invariants: the guard sees every request first, and what it does not list does not exist; every message goes through
`ConversationService.reply()`; whose a conversation is, is asked each time; no word of a patient's is logged.
"""

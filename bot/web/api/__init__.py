"""The HTTP API, for partners' own servers: conversations without our chat page.

Input: requests below ``/api/v1`` with a partner's key, or with the token of one conversation; JSON in.
Output: replies as `bot.conversation.wire` writes them, transcripts, server-sent events; problems (RFC 9457) for
whatever goes wrong; the OpenAPI document that describes it all.
Door: `bot.web.api.app.create_api`, an application to mount at ``/api/v1``.

Invariants: everything that is said goes through `ConversationService.reply` and `Desk`; a conversation of somebody
else does not exist; no answer lets a browser's page read it (no CORS headers), and a key that a browser sends is
refused; nothing of what was sent is repeated in a problem or written to the log. An emergency is answered whatever
limit is reached, whoever has not signed in and whatever is broken behind, as long as the caller's key works.
"""

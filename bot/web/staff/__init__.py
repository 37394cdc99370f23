"""The staff console at ``/staff``: pages made on the server, one module a part, each a router of its own.

In: stores, desk and live messages, handed to `bot.web.staff.site.staff_router`. Out: HTML, and JSON or server-sent
events for the few scripts. Every route asks the `Shell` who is signed in; nothing here knows SQL or settings.
"""

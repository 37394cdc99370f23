"""The widget: a button on a partner's page that opens the guide in a frame of our own origin.

In: the released loaders in ``loaders/``, one plain script a version. Out: the script a partner's one tag asks for, and
that tag as text. Door: `bot.web.widget.loader.widget_router`. A released loader is never edited, as a migration is not:
a new version is a new file beside it. It takes at most 5 KB gzip, is pure ASCII, and asks for nothing but a ticket and
the frame, and for those only once somebody opens it. The page around the frame never sees what a patient writes.
"""

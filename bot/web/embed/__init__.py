"""The chat inside a partner's page: ``/embed/<partner>``, a frame of our own origin.

In: a request below ``/embed/``. Out: the same chat page as ``/chat``, compact, and its routes, for the partner's
visitors alone.
Door: `gate.Gate`, which the guard asks before anything else, and `routes.EmbedRoutes`.
Invariants: no cookie without a ticket; a ticket is good for one frame, one partner, one page's origin, and a minute;
a visitor of one partner is nobody at another; only the partner's exact origins may frame the page; below the gate the
chat does not know that it is embedded, but for the partner's name in the request's scope.
"""

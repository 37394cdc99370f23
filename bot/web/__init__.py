"""The web: chat page, HTTP routes and the guard before them; the only package that speaks HTTP."""

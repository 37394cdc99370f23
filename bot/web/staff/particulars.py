"""What may stand in an account: names, address and role, for the staff page and the command line alike."""

from __future__ import annotations

import re

from bot.domain import Role

# What is typed at each sign-in: no capitals to mix up, no spaces, no letters that look alike.
_NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{1,59}")
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}")
MAX_DISPLAY_CHARS = 60


def is_display_name(name: str) -> bool:
    """Tell whether patients can be shown this name."""
    return 0 < len(name) <= MAX_DISPLAY_CHARS and name.isprintable()


def problem_with(*, name: str, display_name: str, email: str, role: str) -> tuple[str, str] | None:
    """Return the first field that cannot be taken and why, or None."""
    checks: tuple[tuple[str, bool, str], ...] = (
        ("name", bool(_NAME.fullmatch(name)), "Take 2 to 60 of a-z, 0-9, dot, dash, underscore and @."),
        ("display_name", is_display_name(display_name), f"Take 1 to {MAX_DISPLAY_CHARS} characters."),
        ("email", not email or bool(_EMAIL.fullmatch(email)), "This is no e-mail address."),
        ("role", role in set(Role), f"Choose one of {', '.join(Role)}."),
    )
    return next(((field, why) for field, is_good, why in checks if not is_good), None)

"""Chainlit loads this file by its path; the screen itself registers in `bot.web.chat_ui`."""

import bot.web.chat_ui  # noqa: F401  # importing it is the point

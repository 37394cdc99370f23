"""``python -m bot`` is ``lupus-bot``."""

from bot.cli.main import main

if __name__ == "__main__":
    main()

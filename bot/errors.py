"""Everything that can go wrong, with a code for machines and a sentence that says what to do."""

from __future__ import annotations


class BotError(Exception):
    """Base of all our errors.

    Args:
        detail: One sentence for the operator: what happened and what to do. Never patient text.
        code: Fixed, stable code; defaults to the class's own.
    """

    code = "bot_error"
    retryable = False

    def __init__(self, detail: str, *, code: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        if code is not None:
            self.code = code


class SettingsError(BotError):
    """A setting is missing, unknown or unsafe."""

    code = "settings"


class CorpusError(BotError):
    """A guide file cannot be used; the detail names the file and line."""

    code = "corpus"


class BadIndexError(BotError):
    """The index is missing, damaged or made for another model."""

    code = "index"


class ModelError(BotError):
    """The embedding model cannot be loaded or does not match."""

    code = "model"


class LanguageModelError(BotError):
    """The language model that words answers gave nothing to use; the guide's own sentences answer then."""

    code = "model_error"


class StoreError(BotError):
    """The database cannot be read or written."""

    code = "store"
    retryable = True


class NotFoundError(BotError):
    """The thing does not exist, or not for this caller."""

    code = "not_found"


class LimitError(BotError):
    """Too long, too many or too fast; the detail names the limit."""

    code = "limit"
    retryable = True


class FloorError(BotError):
    """Somebody else speaks in the conversation, or nobody waits there; `name` is the owner's, where one is known.

    Codes: ``taken`` (a colleague has it), ``not_yours`` (it is nobody's or a colleague's, and only its owner may do
    this), ``not_waiting`` (there is no request to act on).
    """

    code = "taken"

    def __init__(self, detail: str, *, code: str | None = None, name: str | None = None) -> None:
        super().__init__(detail, code=code)
        self.name = name

"""Telling staff that somebody waits: by e-mail and by signed webhook, out of the outbox.

Input: rows that were committed together with the request. Output: messages at their receivers.
Door: `Notifier`. Invariants: a notice is sent at least once or shown as failed; its id is the same
at every try; nothing a patient wrote leaves this way.
"""

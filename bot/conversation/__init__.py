"""One message in, one reply out: triage, privacy, the answer chain, the transcript.

Input: a visitor's text. Output: a `Reply`. Door: `ConversationService.reply()`, the only one.
Invariants: red flags come before everything; nothing is stored unmasked; a message is committed
before it is acknowledged; whatever breaks, the patient gets a safe sentence and a way to a person.
"""

"""Takes out of a message what would tell who the person is, before it is stored, searched or sent anywhere.

Input: a patient's message. Output: the same message with marks such as ``[name]``. Door: `mask.mask`.
Invariants: pure and deterministic; nothing is loaded from a network; masking masked text changes nothing;
medical numbers, dates of treatment, drug and study names and emergency numbers stay as they are.
"""

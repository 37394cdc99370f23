"""The first look at every message: is it a danger, a crisis, a wish for a person, or not for the guide?

Input: one message of a patient, the earlier ones, and what is known of the CAR-T date. Output: a `Verdict`.
Door: `load_triage()` and `Triage.check()`. Invariants: deterministic, no index, no network, time bounded on any
input; every verdict names its rule and the words that fired it; without its model the rules decide alone. The rules
are data: ``rules.yaml`` says what is looked for; the small model in ``model`` reads a message where no rule sees a
danger, and ``meaning.yaml`` holds the messages it was trained on.

The way of a message: `words` cleans it and cuts it into tokens, sentences and segments; `phrases` finds the
named families of wordings and the patterns made of them; `context` tells happening now from asking about it;
`triage` walks the groups of rules in the order of precedence, and asks `meaning`, which asks `reader`, the model's
one door.
"""

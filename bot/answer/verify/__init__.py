"""Decides whether a passage says what a sentence claims.

Input: a sentence and the passage it cites. Output: a `Judgement`. Door: `verifier.load_verifier`. Rules that a reader
can follow (numbers, names, polarity, hedges, scope, causes, order) and a small trained classifier each have a say; a
logistic over both decides, and what a rule is nearly always right about is a veto. Nothing here is generated, and the
same pair always gets the same judgement.
"""

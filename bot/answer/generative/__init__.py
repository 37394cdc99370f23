"""A language model words the answer; only what its passages bear out is shown.

Input: a `Question` whose passages were found and judged sufficient by `bot.answer.pipeline`. Output: a `Draft`, either
of the model's sentences, each verified, or the guide's own one with the reason. Door: `chain.GenerativeChain`, a
LangChain Runnable. The vendor's door is `model`.

Always true: the model is asked only after the decision to answer; a sentence is passed on only after its quote was
found in the passage it cites and the verifier accepted it; whatever the model does, there is an answer.
"""

"""Hits become a cited answer, or an honest abstention.

Input: a `Question`. Output: a `Draft`. Door: `pipeline.AnswerChain`, a LangChain Runnable that can be invoked,
streamed and batched; where a language model is set, `generative.chain.GenerativeChain` stands around it. Invariant:
every sentence of a draft stands word for word in a passage it cites, or `verify` says that the passage bears it out.
"""

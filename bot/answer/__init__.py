"""Hits become a cited answer, or an honest abstention.

Input: a `Question`. Output: a `Draft`. Door: `pipeline.AnswerChain`, a LangChain Runnable that can be invoked,
streamed and batched. Invariant: every sentence of a draft cites a passage in which its words stand.
"""

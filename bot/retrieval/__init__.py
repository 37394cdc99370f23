"""A query becomes hits: dense and lexical search over one index, fused.

Input: a query in words. Output: `Hit`s, best first, equal scores ordered by chunk id. Door: `search.Searcher`;
for LangChain `retriever.GuideRetriever`. Invariant: a query's hits do not depend on who else is asking.
"""

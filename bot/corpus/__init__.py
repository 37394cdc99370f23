"""Guide files become sections, sections become chunks.

Input: a folder of Markdown guides, or of own HTML, PDF, DOCX and TXT files. Output: a `Corpus`.
Doors: `loader.load_corpus()` and `splitter.split_sections()`.
Invariants: every section's and chunk's text stands verbatim at its offsets in its source text;
no chunk crosses a section; no chunk is longer than the embedding model reads.
"""

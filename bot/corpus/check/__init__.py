"""Checks the guide before patients read it: `run.check_guide` over a folder, one rule per module.

Input: the guide's folder. Output: `Finding`s, one line each. Everything works offline, without an index.
Each rule takes the read `Material` (sections, sentences, line numbers) and yields findings; it never edits.
Word lists and patterns are data files beside the rules, so that a medical reviewer can read and correct them.
"""

"""The command line: small verbs over the same doors as every other channel.

Answers go to standard output, progress and messages to standard error, so that output can be piped.
"""

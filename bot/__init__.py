"""A patient guide to lupus and CAR-T therapy that answers with citations, or not at all."""

__version__ = "0.1.0"

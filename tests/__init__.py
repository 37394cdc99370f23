"""The tests of the project; `conftest.py` says what holds for all of them."""

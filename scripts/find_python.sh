#!/bin/sh
# Prints the first Python that the project runs on, or one line that says what to do.
for name in "$@" python3.11 python3.12 python3.13 python3 python; do
    "$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1 || continue
    if "$name" -c 'import ensurepip, venv' >/dev/null 2>&1; then
        echo "$name"
        exit 0
    fi
    incomplete=$name
done
if [ -n "${incomplete:-}" ]; then
    echo "$incomplete cannot make environments: install its venv package (on Debian: apt-get install $incomplete-venv)." >&2
else
    echo "No Python 3.11, 3.12 or 3.13 found: install one, or name it with 'make PYTHON=/path/to/python …'." >&2
fi
exit 1

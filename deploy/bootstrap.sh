#!/bin/sh
# Finds a Python that will do and lets bootstrap.py prepare the clone: deploy/bootstrap.sh run|test|web
set -eu
root=$(dirname -- "$(dirname -- "$(readlink -f -- "$0")")")
for python in "${PYTHON:-}" python3 python3.14 python3.13 python3.12 python3.11; do
    if [ -n "$python" ] && "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        exec "$python" "$root/deploy/bootstrap.py" "$@"
    fi
done
echo "No Python from 3.11 on was found; install one, or name it: make PYTHON=/path/to/python3" >&2
exit 1

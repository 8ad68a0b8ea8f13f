#!/bin/sh
# Prepares roc-validator for the tests in an environment of its own, since it asks for other releases than Reprise does.
# Prints the directory of its programs. Says what is missing in one line.
set -eu
. "$(dirname "$0")/test-kit.sh"
begin crates
python_programs crates "$project/tests/validators/roc-requirements.txt" roc-validator
printf '%s\n' "$place/bin"

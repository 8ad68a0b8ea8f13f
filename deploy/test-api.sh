#!/bin/sh
# Prepares Schemathesis, which tries the API as it is described, in an environment of its own for the tests. Prints the
# directory of its programs. Says what is missing in one line.
set -eu
. "$(dirname "$0")/test-kit.sh"
begin api
python_programs api "$project/tests/validators/api/requirements.txt" Schemathesis
printf '%s\n' "$place/bin"

#!/bin/sh
# Installs harvesters of OAI-PMH that others wrote, for the tests to harvest with: HTTP::OAI from Debian, Sickle and
# oaipmh-scythe in an environment of their own, and oai-pmh from npm. Prints that environment's directory of programs.
# Says what is missing in one line.
set -eu
. "$(dirname "$0")/test-kit.sh"
begin oai
command -v oai_pmh >/dev/null 2>&1 || debian libhttp-oai-perl
node_itself
python_programs oai "$project/tests/validators/oai/requirements.txt" "Sickle and oaipmh-scythe"
node_packages "$project/tests/validators/oai"
printf '%s\n' "$place/bin"

#!/bin/sh
# Installs what the tests verify certificates with independently of our own code: node from Debian, and Digital Bazaar's implementation of
# Verifiable Credentials as tests/certificates/package-lock.json pins it. Says what is missing in one line.
set -eu
. "$(dirname "$0")/test-kit.sh"
begin vc
node_itself
node_packages "$project/tests/certificates"

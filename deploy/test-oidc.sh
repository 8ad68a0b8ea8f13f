#!/bin/sh
# Installs an OpenID provider that others wrote, for the tests to log in by: oidc-provider from npm, as
# tests/validators/oidc/package-lock.json pins it, and a newer node where this machine's own is too old for it. Says what is
# missing in one line.
set -eu
. "$(dirname "$0")/test-kit.sh"
begin oidc
node_itself
node_packages "$project/tests/validators/oidc"
# It needs crypto.hash, which node has since 20.12; that of Debian 12 is older.
node -e 'process.exit(require("node:crypto").hash ? 0 : 1)' || node_packages "$project/tests/validators/oidc/node"

#!/bin/sh
# The Node that the project brings needs libatomic, which a bare Debian lacks: nothing in
# TypeScript could say so.
set -eu

node --version > /dev/null 2>&1 && exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
  apt-get update
  DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends libatomic1
  node --version > /dev/null && exit 0
fi

node --version || true
echo 'Node 26 does not start. On Debian, run this and try again:' >&2
echo >&2
echo '    sudo apt-get update && sudo apt-get install --yes --no-install-recommends libatomic1' >&2
exit 1

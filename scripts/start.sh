#!/bin/sh
# Starts the gateway. How Node runs it stands here alone, for `npm start`, the image, the chart and the systemd unit:
# young objects get room to die before they are copied, which a request's are.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
PATH=$root/node_modules/.bin:$PATH
# Node takes the place of the shell, so that signals reach it.
exec node --min-semi-space-size=32 --max-semi-space-size=32 "$root/src/main.ts" "$@"

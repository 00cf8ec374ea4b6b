#!/bin/sh
# Starts the gateway. How Node runs it stands here alone, for `npm start`, the image, the chart and the systemd unit.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
PATH=$root/node_modules/.bin:$PATH

# What `scripts/compile-cache.ts` compiled at the installation is read, and never written: a process that could would
# say what the next one runs.
: "${NODE_COMPILE_CACHE:=$root/node_modules/.cache/sallyport}" "${NODE_COMPILE_CACHE_READONLY:=1}"
export NODE_COMPILE_CACHE NODE_COMPILE_CACHE_READONLY NODE_COMPILE_CACHE_PORTABLE=1

# Young objects get room to die before they are copied, which a request's are, once there are requests: a gateway that
# idles begins small. The collector can be asked for once, after the start (src/boot/serve/settling.ts).
# Node takes the place of the shell, so that signals reach it.
exec node --expose-gc --max-semi-space-size=32 "$root/src/main.ts" "$@"

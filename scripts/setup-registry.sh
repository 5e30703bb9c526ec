#!/bin/bash
# Install Debian's docker-registry, which tests push images to; as root, on Debian or Ubuntu. Tests start it themselves.
set -euo pipefail

if command -v docker-registry >/dev/null; then exit 0; fi
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "setup-registry: install docker-registry yourself, or leave its tests out" >&2
    exit 1
fi
echo "setup-registry: installing the package docker-registry"
# Without systemd, the package would start a daemon in a way that does not work.
policy=/usr/sbin/policy-rc.d
if [ -d /run/systemd/system ] || [ -e $policy ]; then policy=; else printf '#!/bin/sh\nexit 101\n' >$policy && chmod +x $policy; fi
log=$(mktemp)
{ apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends docker-registry; } >"$log" 2>&1 ||
    { tail -n 20 "$log" >&2 && rm -f "$policy" && exit 1; }
rm -f "$policy" "$log"

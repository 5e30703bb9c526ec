#!/bin/bash
# Make a container engine ready for hgen's sandboxes.   Usage: scripts/setup-engine.sh [docker|podman]   (default: docker)
#
# Where an engine of that kind already answers, it is left alone. On a bare Debian or Ubuntu, as root, this installs one,
# starts it, and makes the base image from Debian packages if there is neither a base image nor a registry.
# Says each thing that it does; doing it again does nothing.
set -euo pipefail

kind=${1:-docker}
base=localhost/hgen-base:debian-venv
state=/var/lib/hgen-engine
daemon=
case $kind in
docker) socket=/var/run/docker.sock packages=(docker.io) ;;
podman) socket=/run/podman/podman.sock packages=(podman runc catatonit uidmap netavark) ;;
*) echo "usage: $0 [docker|podman]" >&2 && exit 2 ;;
esac
# A socket that the user names is the user's: it is used, or missing, but nothing is installed instead.
case ${DOCKER_HOST:-} in unix://*) socket=${DOCKER_HOST#unix://} ;; esac

say() { echo "setup-engine: $*"; }
fail() { echo "setup-engine: $*" >&2 && exit 1; }
engine() { curl --silent --fail --noproxy '*' --unix-socket "$socket" "http://engine/$1" "${@:2}"; }
answers() { [ -S "$socket" ] && engine _ping --max-time 5 >/dev/null; }
has_image() { engine "images/$1/json" >/dev/null 2>&1; }
has_systemd() { [ -d /run/systemd/system ]; }

need_root() {
    [ "$(id -u)" = 0 ] || fail "$1, and this is not root; start $kind yourself, or run this as root"
    command -v apt-get >/dev/null || fail "$1, and this is neither Debian nor Ubuntu; install and start $kind yourself"
    mkdir -p "$state"
}

install_packages() {
    local missing=() package
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    say "installing the packages ${missing[*]}"
    # Without systemd, packages would start daemons in a way that does not work on such a machine.
    local policy=/usr/sbin/policy-rc.d
    if has_systemd || [ -e $policy ]; then policy=; else printf '#!/bin/sh\nexit 101\n' >$policy && chmod +x $policy; fi
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"; } \
        >"$state/apt.log" 2>&1 || { tail -n 20 "$state/apt.log" >&2 && rm -f $policy && fail "apt-get failed"; }
    rm -f $policy
}

# Where /run is kept over a restart, another program has the number of the dockerd that was, and dockerd would give up.
drop_stale_pid() { # FILE PROGRAM
    local pid
    pid=$(cat "$1" 2>/dev/null) && [ "$(cat "/proc/$pid/comm" 2>/dev/null)" != "$2" ] || return 0
    say "removing $1, which a $2 that is gone has left" && rm -f "$1"
}

# In a container or a small virtual machine there is no systemd: the daemon is started by hand, without the networks
# that sandboxes never use and that need more rights than such a machine has.
start_docker() {
    if has_systemd; then
        say "starting docker.service" && systemctl start docker
        return
    fi
    drop_stale_pid /run/hgen-dockerd.pid dockerd
    drop_stale_pid /run/docker/containerd/containerd.pid containerd
    say "starting dockerd, without networks; log in $state/dockerd.log"
    (cd "$state" && exec setsid dockerd --iptables=false --ip6tables=false --ip-forward=false --bridge=none \
        --log-opt max-size=1m --log-opt max-file=1 -H "unix://$socket" --pidfile /run/hgen-dockerd.pid \
        </dev/null >"$state/dockerd.log" 2>&1) &
    daemon=$!
}

start_podman() {
    if has_systemd; then
        say "starting podman.socket" && systemctl start podman.socket
        return
    fi
    # Its own configuration, so that other uses of Podman on this machine stay as they were. Limits that a machine without
    # CAP_SYS_RESOURCE can set; runc because crun refuses hybrid cgroups; an exec otherwise leaves processes for 300 s.
    say "starting podman's service with $state/containers.conf; log in $state/podman.log"
    cat >"$state/containers.conf" <<CONF
[containers]
default_ulimits = ["nofile=4096:4096", "nproc=16384:16384"]
log_driver = "k8s-file"
log_size_max = 1048576
http_proxy = false
seccomp_profile = "$state/seccomp.json"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
exit_command_delay = 10
CONF
    python3 - /usr/share/containers/seccomp.json "$state/seccomp.json" <<'PYTHON'
"""Podman's filter without what makes namespaces and mounts, as Docker's filter has it."""
import json, sys

taken = {"unshare", "setns", "mount", "umount", "umount2", "pivot_root", "fsopen", "fsmount", "fsconfig", "fspick", "move_mount",
         "open_tree", "mount_setattr", "clone", "clone3", "keyctl", "add_key", "request_key", "userfaultfd", "bpf",
         "io_uring_setup", "io_uring_enter", "io_uring_register", "perf_event_open"}
profile = json.load(open(sys.argv[1]))
rules = []
for rule in profile["syscalls"]:
    open_to_all = rule["action"] == "SCMP_ACT_ALLOW" and not (rule.get("includes") or {}).get("caps")
    refused = rule["action"] == "SCMP_ACT_ERRNO"
    names = [n for n in rule["names"] if not (open_to_all and n in taken) and not (refused and n in ("clone", "clone3", "unshare"))]
    if names:
        rules.append({**rule, "names": names})
flags = {"index": 0, "value": 0x7E020000, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}
rules.append({"names": ["clone"], "action": "SCMP_ACT_ALLOW", "args": [flags]})
# "No such call", so that the C library falls back to clone.
rules.append({"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38, "args": []})
json.dump({**profile, "syscalls": rules}, open(sys.argv[2], "w"), indent=1)
PYTHON
    mkdir -p "$(dirname "$socket")"
    # In its own folder, because its helpers write files where they are.
    (cd "$state" && CONTAINERS_CONF="$state/containers.conf" exec setsid podman system service --time=0 "unix://$socket" \
        </dev/null >"$state/podman.log" 2>&1) &
    daemon=$!
}

wait_for_engine() {
    for _ in $(seq 300); do
        if answers; then return; fi
        [ -z "$daemon" ] || kill -0 "$daemon" 2>/dev/null || break
        sleep 0.1
    done
    tail -n 20 "$state/$kind"*.log >&2 || true
    [ -z "$daemon" ] || kill -0 "$daemon" 2>/dev/null || fail "$kind ended instead of answering at $socket"
    fail "$kind does not answer at $socket after 30 seconds"
}

make_base() {
    local codename
    codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
    [ -n "$codename" ] || fail "cannot tell which release of Debian or Ubuntu this is"
    install_packages mmdebstrap
    say "making the base image $base from packages of $codename"
    mmdebstrap --variant=essential --include=python3,python3-venv,git,patch,procps,ca-certificates \
        --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
        --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt=force-unsafe-io \
        "$codename" "$state/base-$kind.tar" >"$state/base-$kind.log" 2>&1 || { tail -n 20 "$state/base-$kind.log" >&2 && fail "mmdebstrap failed"; }
    engine "images/create?fromSrc=-&repo=$base" -X POST -T "$state/base-$kind.tar" \
        -H 'Content-Type: application/x-tar' >/dev/null || fail "$kind does not take the base image"
    rm -f "$state/base-$kind.tar"
    has_image "$base" || fail "$kind took the base image but does not have it"
}

if ! command -v curl >/dev/null; then
    need_root "curl, needed to ask for an engine, is missing"
    install_packages curl ca-certificates
fi
if answers; then
    say "$kind answers at $socket: left as it is"
elif [ -n "${DOCKER_HOST:-}" ]; then
    fail "nothing answers at DOCKER_HOST=$DOCKER_HOST; unset it to have an engine installed"
else
    need_root "no $kind answers at $socket"
    install_packages python3 git "${packages[@]}"
    answers || "start_$kind"
    wait_for_engine
fi
if has_image python:3.12-slim || has_image "$base"; then
    say "a base image is there"
elif engine 'images/create?fromImage=docker.io/library/python&tag=3.12-slim' -X POST --max-time 300 >/dev/null && has_image python:3.12-slim; then
    say "pulled the base image python:3.12-slim"
else
    need_root "the registry does not give a base image"
    make_base
fi
say "$kind is ready: DOCKER_HOST=unix://$socket"

#!/bin/sh
# snapshot.sh: this host's state on stdout, one fact a line, the same text as long as nothing changed.
# Compare two of them with diff: before and after a run of the installer, say, or before it and after taking back.
# Each exclusion below has its reason beside it.
LC_ALL=C; export LC_ALL

section() { printf '\n## %s\n' "$1"; }

excluded_files() {
    # what is excluded                      because
    cat <<'END' | sed 's/ *#.*//'
/etc/mtab                                   # a view of the mounts, not a file
/etc/resolv.conf                            # written by DHCP clients and resolvers as they please
/etc/machine-id                             # identity of the clone
/etc/ld.so.cache                            # rebuilt by ldconfig after any package's trigger, in any order
/etc/.pwd.lock                              # lock file, made by whoever first takes it
/etc/passwd- /etc/group- /etc/shadow- /etc/gshadow- /etc/subuid- /etc/subgid-   # backups that passwd's tools leave
/etc/lvm/backup /etc/lvm/archive /etc/lvm/cache   # LVM writes copies of VG metadata here whenever it looks
/etc/multipath/bindings                     # multipathd rewrites its comments
/etc/adjtime                                # clock drift, written at shutdown
/root/.bash_history                         # what the operator typed
/root/.lesshst /root/.viminfo /root/.wget-hsts   # what programs remember of the operator
END
}

files() {
    prune=$(excluded_files | tr ' ' '\n' | sed '/^$/d; s/.*/-path & -prune -o/' | tr '\n' ' ')
    # type, mode, owner, path, link target; then the contents of the plain files
    find /etc /root $prune -printf '%y %m %U:%G %p %l\n' | sort -k 4
    find /etc /root $prune -type f -print0 | sort -z | xargs -0 -r sha256sum
}

network() {
    # index numbers and queue settings are left out: they count how often a link was made. So are IPv6 link-local addresses
    # and multicast routes: the kernel makes them from the MAC, some seconds after a link is up.
    ip -o -d link show | sed -E 's/^[0-9]+: //; s/ qdisc [^ ]+//; s/ qlen [0-9]+//; s/ state [A-Z]+//; s/promiscuity.*(vlan protocol [^ ]+ id [0-9]+).*/\1/; s/ promiscuity.*//' | sort
    ip -o -4 addr show | sed -E 's/^[0-9]+: //; s/ +valid_lft.*//' | sort
    ip -4 route show table all | sort
    ip rule show
}

iscsi() {
    command -v iscsiadm > /dev/null || return 0
    # session numbers count logins
    iscsiadm -m session 2>&1 | sed -E 's/\[[0-9]+\] //' | sort
    for folder in /etc/iscsi /var/lib/iscsi; do
        for kind in nodes send_targets; do
            [ -d "$folder/$kind" ] || continue
            find "$folder/$kind" -printf '%y %m %p %l\n' | sort -k 3
            find "$folder/$kind" -type f -print0 | sort -z | xargs -0 -r sha256sum
        done
    done
}

units() {
    # transient ones come and go: login sessions, scopes, this host's own timers' services, getty after a logout
    # a timer runs for a moment when its time has come, and waits again
    systemctl list-units --all --plain --no-legend --state=active,failed --type=service,socket,timer,mount,target,path |
        awk '{print $1, $3, $1 ~ /\.timer$/ ? "" : $4}' |
        grep -v -E '^(session-|user@|user-runtime-dir@|user-|run-user-|systemd-timedated|systemd-hostnamed|systemd-localed|systemd-tmpfiles-clean\.service|modprobe@|run-credentials-|run-lab|proc-sys-fs-binfmt|dev-hugepages|var-lib-nfs)' |
        sort
    # what is enabled, masked or linked is in the links of /etc/systemd above
}

modules() {
    # use counts, addresses and the order of loading are left out
    awk '{print $1}' /proc/modules | sort
}

maps() {
    command -v dmsetup > /dev/null || return 0
    # minor numbers depend on the order of creation; multipath tables hold counters and major:minor of paths
    for map in /dev/mapper/*; do
        if [ -b "$map" ]; then printf '%s %s\n' "$map" "$(blockdev --getsize64 "$map")"; fi
    done
}

section files; files
section network; network
section iscsi; iscsi
section units; units
section modules; modules
section maps; maps

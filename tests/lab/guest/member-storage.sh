# A member's storage: network, iSCSI sessions with CHAP, multipath maps.
# Settings: TARGET PORTALS MAPS (alias=wwid ...) SESSION_USER SESSION_PASSWORD MUTUAL_USER MUTUAL_PASSWORD DISCOVERY_USER DISCOVERY_PASSWORD
set -eu
deadline() { i=0; until eval "$2"; do i=$((i + 1)); [ $i -lt "$1" ] || { echo "not within $1 tries: $2"; exit 1; }; sleep 0.5; done; }
setting() {  # KEY VALUE: in iscsid.conf, where Debian has it commented out
    sed -i "s|^#\?$1 = .*|$1 = $2|" /etc/iscsi/iscsid.conf
    grep -q "^$1 = $2\$" /etc/iscsi/iscsid.conf || echo "$1 = $2" >> /etc/iscsi/iscsid.conf
}
login() {  # PREFIX USER PASSWORD [USER_IN PASSWORD_IN]
    [ -n "$2" ] || return 0
    setting "$1.auth.authmethod" CHAP
    setting "$1.auth.username" "$2"
    setting "$1.auth.password" "$3"
    [ -z "${4:-}" ] || { setting "$1.auth.username_in" "$4"; setting "$1.auth.password_in" "$5"; }
}

systemctl restart networking
chmod 600 /etc/iscsi/iscsid.conf /etc/iscsi/initiatorname.iscsi
setting node.startup automatic
login node.session "$SESSION_USER" "$SESSION_PASSWORD" "$MUTUAL_USER" "$MUTUAL_PASSWORD"
login discovery.sendtargets "$DISCOVERY_USER" "$DISCOVERY_PASSWORD"
systemctl daemon-reload
systemctl enable --now iscsid.socket
# tried again, because an array that has only just started refused once
for portal in $PORTALS; do deadline 5 "iscsiadm -m discovery -t sendtargets -p $portal"; done
iscsiadm -m node | while read -r portal name; do
    [ "$name" = "$TARGET" ] || iscsiadm -m node -T "$name" -p "${portal%,*}" -o delete
done
iscsiadm -m node -T "$TARGET" --login
udevadm settle
for map in $MAPS; do
    wwid=${map#*=}
    deadline 60 "[ -e /dev/disk/by-id/scsi-$wwid ] || [ -e /dev/disk/by-id/wwn-0x${wwid#?} ]"
    disk=$(readlink -f "/dev/disk/by-id/scsi-$wwid") && [ -b "$disk" ] || disk=$(readlink -f "/dev/disk/by-id/wwn-0x${wwid#?}")
    multipath -a "$disk"
done
systemctl enable --now multipathd
systemctl enable iscsid open-iscsi
systemctl start open-iscsi
multipathd reconfigure
for map in $MAPS; do deadline 60 "[ -e /dev/mapper/${map%%=*} ]"; done
multipath -ll

# A member's cluster stack: LVM's settings, then corosync, dlm and lvmlockd. Settings: MEMBERS (how many).
set -eu
deadline() { i=0; until eval "$2"; do i=$((i + 1)); [ $i -lt "$1" ] || { echo "not within $1 tries: $2"; exit 1; }; sleep 0.5; done; }
lvm_setting() {  # KEY VALUE: lvm.conf has it commented out
    sed -i "s;^\(\s*\)# $1 = .*;\1$1 = $2;" /etc/lvm/lvm.conf
    grep -q "^\s*$1 = " /etc/lvm/lvm.conf
}
lvm_setting use_lvmlockd 1
lvm_setting use_devicesfile 0
lvm_setting global_filter '[ "a|^/dev/mapper/vm[0-9]+$|", "r|^/dev/sd|" ]'
chmod 400 /etc/corosync/authkey
systemctl enable corosync dlm lvmlockd lvmlocks cluster-volumes
systemctl start corosync
deadline 120 "corosync-quorumtool -s | grep -q '^Nodes: *$MEMBERS\$'"
deadline 120 "corosync-quorumtool -s > /dev/null"
systemctl start dlm lvmlockd
corosync-quorumtool -s
dlm_tool status

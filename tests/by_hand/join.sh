#!/bin/bash
# The join of tests/lab/scenarios/vlan-trixie.toml by hand: what a careful administrator types on the fresh host, as
# root, with all values known beforehand and a key for root's login at the peer. No guessing, no asking, no undo.
# The same commands in the same order as the installer's plans, so that the two can be compared; see bench_join.py.
set -euo pipefail

PEER=${PEER:-peer} PEER_ADDRESS=${PEER_ADDRESS:-10.0.1.11} PEER_ID=${PEER_ID:-1}
NAME=${NAME:-fresh} ADDRESS=${ADDRESS:-10.0.1.12} ID=${ID:-2}
NIC=${NIC:-eth1} VLAN=${VLAN:-16} STORAGE=${STORAGE:-10.16.1.12/16}
PORTALS=${PORTALS:-10.16.0.1 10.16.0.2} TARGET=${TARGET:-iqn.2024-01.lab.san:cluster}
CHAP_USER=${CHAP_USER:-chapuser}
CHAP_FILE=${CHAP_FILE:-/root/chap}           # its first line is the password; for root alone
LUNS=${LUNS:-vm0=36000000000000000000000000ab0a001 vm1=36000000000000000000000000ab0a002}
VENDOR=${VENDOR:-LABSAN} PRODUCT=${PRODUCT:-VIRTUAL-DISK}
GROUP=${GROUP:-vg_cluster} GROUP_MAP=${GROUP_MAP:-vm0}
TEMPLATES=${TEMPLATES:-/root/by-hand}        # san-volumes.service, san-volumes-stop and order.conf of the installer

PACKAGES="open-iscsi multipath-tools corosync dlm-controld lvm2 lvm2-lockd vlan"
SERVICES="multipathd.service corosync.service dlm.service lvmlockd.service lvmlocks.service"
FILTER='[ "a|^/dev/mapper/|", "r|.*|" ]'
CONF=/etc/corosync/corosync.conf
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8

say() { echo "$EPOCHREALTIME $*"; }

until_says() { # REGULAR-EXPRESSION SECONDS COMMAND...: repeat it every quarter of a second until a line matches
    local wanted=$1 end=$((SECONDS + $2)) said
    shift 2
    until said=$("$@" 2>&1) && grep -Eq "$wanted" <<<"$said"; do
        if ((SECONDS > end)); then
            echo "$*: never said $wanted; last:" "$said" >&2
            return 1
        fi
        sleep 0.25
    done
}

peer() { # COMMAND [< STDIN]
    ssh -o BatchMode=yes -o ControlMaster=auto -o ControlPath=/run/by-hand-%C -o ControlPersist=300 \
        "root@$PEER_ADDRESS" "$1"
}

say packages
for unit in $SERVICES multipathd.socket; do ln -s /dev/null "/etc/systemd/system/$unit"; done
systemctl daemon-reload
apt-get -y -q --no-install-recommends -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=60 install $PACKAGES
for unit in $SERVICES multipathd.socket; do rm "/etc/systemd/system/$unit"; done
systemctl daemon-reload
systemctl disable $SERVICES

say storage network
mkdir -p /etc/network/interfaces.d
cat >/etc/network/interfaces.d/storage <<END
auto $NIC
iface $NIC inet manual

auto $NIC.$VLAN
iface $NIC.$VLAN inet static
    address $STORAGE
    vlan-raw-device $NIC
END
echo 8021q >/etc/modules-load.d/8021q.conf
modprobe 8021q
ifup "$NIC"
ifup "$NIC.$VLAN"
until_says '^1' 30 cat "/sys/class/net/$NIC.$VLAN/carrier"
until_says "inet ${STORAGE%/*}/" 15 ip -4 addr show dev "$NIC.$VLAN"
for portal in $PORTALS; do until_says 'bytes from' 45 ping -c 1 -W 2 -I "$NIC.$VLAN" "$portal"; done

say storage guard
pvs --config "devices{global_filter=$FILTER}"
sed -i "/^devices {/a\\	global_filter = $FILTER" /etc/lvm/lvm.conf
lvmconfig --validate
if [ -d /etc/initramfs-tools ]; then
    for image in /boot/initrd.img-*; do [ ! -e "$image" ] || cp -p "$image" "$image.before-joining"; done
    update-initramfs -u -k all
fi
if [ -e /etc/default/grub ] && [ -e /usr/bin/os-prober ]; then
    echo GRUB_DISABLE_OS_PROBER=true >/etc/default/grub.d/storage-guard.cfg
fi
cat >/etc/multipath.conf <<END
defaults {
    user_friendly_names yes
    find_multipaths strict
    skip_kpartx yes
}
END

say iscsi
echo "InitiatorAlias=$NAME" >>/etc/iscsi/initiatorname.iscsi
read -r password <"$CHAP_FILE"
umask 077
sed -i -e 's/^node\.startup = .*/node.startup = automatic/' \
    -e 's/^\(node\.session\.timeo\.replacement_timeout\) = .*/\1 = 5/' /etc/iscsi/iscsid.conf
cat >>/etc/iscsi/iscsid.conf <<END
node.session.auth.authmethod = CHAP
node.session.auth.username = $CHAP_USER
node.session.auth.password = $password
END
umask 022
systemctl is-active -q iscsid.socket || systemctl enable --now iscsid.socket
for portal in $PORTALS; do iscsiadm -m node -o new -T "$TARGET" -p "$portal:3260,1"; done
logins=
for portal in $PORTALS; do
    iscsiadm -m node -T "$TARGET" -p "$portal:3260" --login &
    logins="$logins $!"
done
for login in $logins; do wait "$login"; done
systemctl is-enabled -q open-iscsi || systemctl enable open-iscsi

say multipath
{
    echo "devices {"
    printf '    device {\n        vendor "%s"\n        product "%s"\n' "$VENDOR" "$PRODUCT"
    printf '        %s\n' 'path_grouping_policy multibus' 'path_selector "round-robin 0"' 'path_checker tur' \
        'failback immediate' 'no_path_retry 12' 'fast_io_fail_tmo 5' 'skip_kpartx yes'
    printf '    }\n}\nmultipaths {\n'
    for lun in $LUNS; do
        printf '    multipath {\n        wwid %s\n        alias %s\n    }\n' "${lun#*=}" "${lun%%=*}"
    done
    echo "}"
} >>/etc/multipath.conf
udevadm settle
for lun in $LUNS; do
    wwid=${lun#*=}
    multipath -a "$(readlink -e "/dev/disk/by-id/wwn-0x${wwid#3}")"
done
systemctl enable --now multipathd
maps() { multipathd show maps json | tr -d '\n'; }
paths=$(wc -w <<<"$PORTALS")
for lun in $LUNS; do until_says "\"name\" *: *\"${lun%%=*}\"[^{[]*\"paths\" *: *$paths\\b" 60 maps; done

say cluster
sed -i "s/^127\.0\.1\.1\([[:space:]]\)/$ADDRESS\1/" /etc/hosts
sed -i "/^$ADDRESS[[:space:]]/a $PEER_ADDRESS $PEER" /etc/hosts
peer "grep -qw $NAME /etc/hosts || printf '%s\t%s\n' $ADDRESS $NAME >>/etc/hosts"
cp -p $CONF $CONF.before-joining
umask 077
peer "cat /etc/corosync/authkey" >/etc/corosync/authkey
chmod 400 /etc/corosync/authkey
umask 022
mkdir -p /etc/dlm
peer "cat /etc/dlm/dlm.conf" >/etc/dlm/dlm.conf
peer "cat $CONF" >$CONF
version=$(sed -n 's/^[[:space:]]*config_version:[[:space:]]*//p' $CONF)

quorum() { corosync-quorumtool -s; }
theirs() { peer "corosync-quorumtool -s"; }
their_memory() { peer "corosync-cmapctl totem.config_version"; }

spread() { # VERSION: the file gets it, is tested, goes to the peer and into every memory; the peer stays quorate
    sed -i "s/^\([[:space:]]*config_version:\).*/\1 $1/" $CONF
    corosync -t -c $CONF
    peer "cat >$CONF.new && corosync -t -c $CONF.new && mv $CONF.new $CONF && corosync-cfgtool -R" <$CONF
    until_says "= $1\$" 20 their_memory
    until_says '^Quorate: +Yes' 20 theirs
}

awk -v name="$NAME" -v id="$ID" -v address="$ADDRESS" '
    /^nodelist[[:space:]]*\{/ { inside = 1 }
    inside && /^\}/ {
        printf "    node {\n        name: %s\n        nodeid: %s\n        ring0_addr: %s\n", name, id, address
        print "        quorum_votes: 0\n    }"
        inside = 0
    }
    { print }' $CONF >$CONF.new
cat $CONF.new >$CONF
rm $CONF.new
spread $((version + 1))
systemctl enable --now corosync
until_says "^ +$PEER_ID +[0-9]" 60 quorum
until_says "^ +$ID +[0-9]" 60 quorum
until_says '^Quorate: +Yes' 60 quorum
until_says "^ +$ID +[0-9]" 60 theirs
sed -i '/^[[:space:]]*quorum_votes: 0$/d' $CONF
spread $((version + 2))
until_says "= $((version + 2))\$" 20 corosync-cmapctl totem.config_version
until_says '^Expected votes: +2$' 20 theirs
until_says '^Expected votes: +2$' 20 quorum
systemctl enable --now dlm
until_says "^node $PEER_ID M " 60 dlm_tool status
until_says "^node $ID M " 60 dlm_tool status

say volume groups
sed -i '/^global {/a\	use_lvmlockd = 1' /etc/lvm/lvm.conf
lvmconfig --validate
device=$(systemd-escape --path --suffix=device "/dev/mapper/$GROUP_MAP")
sed -e "s/@GROUPS@/$GROUP/; /^@VOLUMES@$/d" -e "s/@DEVICES@/${device//\\/\\\\}/" "$TEMPLATES/san-volumes.service" \
    >/etc/systemd/system/san-volumes.service
install -m 755 "$TEMPLATES/san-volumes-stop" /usr/local/sbin/san-volumes-stop
order() { # UNIT NEEDED
    mkdir -p "/etc/systemd/system/$1.d"
    sed "s/@AFTER@/$2/" "$TEMPLATES/order.conf" >"/etc/systemd/system/$1.d/san-volumes.conf"
}
order corosync.service "multipathd.service open-iscsi.service blk-availability.service"
order lvmlockd.service dlm.service
systemctl daemon-reload
systemctl enable --now lvmlockd
until_says '^Quorate: +Yes' 60 quorum
vgchange --lock-start "$GROUP"
until_says "^LS dlm lvm_$GROUP *\$" 30 lvmlockctl -i
systemctl enable --now san-volumes.service
say done

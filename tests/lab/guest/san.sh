# The array: network up, targets on.
set -eu
sysctl -q --system
systemctl restart networking
systemctl daemon-reload
systemctl enable --now tgt
tgtadm --lld iscsi --op show --mode target
tgtadm --lld iscsi --op show --mode portal
ss -ltn

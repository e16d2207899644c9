# A clone's own identity: host name, machine id, ssh host keys.
set -eu
hostname -F /etc/hostname
[ -s /etc/machine-id ] || systemd-machine-id-setup
rm -f /etc/ssh/ssh_host_*
ssh-keygen -q -A

# Every member: lockspaces and its own volumes, by the units that do it at boot.
set -eu
systemctl start lvmlocks
systemctl start cluster-volumes
lvmlockctl -i
dlm_tool ls
lvs -o +lv_active

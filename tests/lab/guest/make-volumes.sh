# The shared volume groups, made once on the first member. Settings: GROUPS_ (vg=alias ...) VOLUMES (vg/name=size ...).
set -eu
for group in $GROUPS_; do
    pvcreate -y "/dev/mapper/${group#*=}"
    vgcreate --shared "${group%%=*}" "/dev/mapper/${group#*=}"
    vgchange --lock-start "${group%%=*}"
done
for volume in $VOLUMES; do
    path=${volume%%=*}
    lvcreate -y -an -L "${volume#*=}" -n "${path#*/}" "${path%%/*}"
done
vgs -o +vg_lock_type,vg_lock_args
lvs

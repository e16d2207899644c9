"""The iSCSI targets and their sessions."""

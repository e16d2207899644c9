"""What keeps LVM and others off single paths, before the first login."""

"""What can be seen on hosts of Debian 4 to 6: the same facts as on today's, from tools that exist there."""

"""The membership of the cluster."""

"""Driving a host from another machine."""

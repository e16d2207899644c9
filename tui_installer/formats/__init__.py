"""Readers and editors of configuration files: bytes in, facts or bytes out.

Each editor keeps every byte that it does not own (comments, order, line ends, a missing last newline, bytes that
are not UTF-8), and reads its own result back before it hands it over.
"""

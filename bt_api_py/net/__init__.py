"""Everything that touches a socket, written once for all venues. Knows `exchanges.base` and names no venue."""

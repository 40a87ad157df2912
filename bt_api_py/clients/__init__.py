"""Clients of venues that offer more than market data: each speaks one venue's own language, trading included."""

"""The gateway's streams as sources of stream engines; each engine is an optional extra and imported when it is used."""

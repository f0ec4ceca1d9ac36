"""`triwire-server doctor`: what this machine, its settings and its models have, and what is wrong with them.

Reads and asks what a server would, with the server's own code. Loads no model, listens on no port, changes nothing.
"""

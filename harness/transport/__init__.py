"""HTTP to other machines: keys, pools of sockets, retries, and what a server can bear."""

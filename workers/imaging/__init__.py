"""What the plug-ins share whose pictures are drawn by a service: files sent and read, sizes, the two roles."""

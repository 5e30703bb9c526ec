"""The driver that runs pytest inside a sandbox: standard library and pytest only, Python 3.9 or newer.

It is copied into the sandbox as it stands here, and runs there under no other package's name: imports are relative.
"""

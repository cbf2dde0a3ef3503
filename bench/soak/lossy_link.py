"""Links network namespaces with this one. The link delays each packet by 5 ms and loses 1 % of them, in each direction.

  python3 lossy_link.py NAMESPACE...    makes the namespaces; number i has the address 10.77.i.2, this side of it 10.77.i.1

It does in user space what `tc netem` does, which many kernels lack. It ends with its input, and removes what it has made;
then it prints how many packets it has lost, and of how many.
"""

import collections
import fcntl
import os
import random
import select
import struct
import subprocess
import sys
import time

DELAY = 0.005
LOSS = 0.01
TUNSETIFF = 0x400454CA
IFF_TUN = 0x0001
IFF_NO_PI = 0x1000


def ip(*args):
    subprocess.run(["ip", *args], check=True)


def device(name, address, namespace):
    """Makes a network device whose packets this process reads and writes."""
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN | IFF_NO_PI))
    within = ["-n", namespace] if namespace else []
    if namespace:
        ip("link", "set", name, "netns", namespace)
    ip(*within, "addr", "add", f"{address}/30", "dev", name)
    ip(*within, "link", "set", name, "up")
    return fd


def main(namespaces):
    peers = {}
    try:
        for i, namespace in enumerate(namespaces, 1):
            ip("netns", "add", namespace)
            near = device(f"isop{os.getpid() % 10000}n{i}", f"10.77.{i}.1", None)
            far = device(f"isop{os.getpid() % 10000}f{i}", f"10.77.{i}.2", namespace)
            peers[near], peers[far] = far, near
        print("ready", flush=True)
        lost, total = relay(peers)
        print(f"{lost} of {total} packets were lost", flush=True)
    finally:
        for fd in peers:
            os.close(fd)
        for namespace in namespaces:
            ip("netns", "del", namespace)


def relay(peers):
    lost = total = 0
    under_way = collections.deque()
    while True:
        wait = max(0, under_way[0][0] - time.monotonic()) if under_way else None
        ready, _, _ = select.select([*peers, 0], [], [], wait)
        if 0 in ready:
            return lost, total
        for fd in ready:
            packet = os.read(fd, 65536)
            total += 1
            if random.random() < LOSS:
                lost += 1
            else:
                under_way.append((time.monotonic() + DELAY, peers[fd], packet))
        while under_way and under_way[0][0] <= time.monotonic():
            _, fd, packet = under_way.popleft()
            os.write(fd, packet)


main(sys.argv[1:])

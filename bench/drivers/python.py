"""multiprocessing.Pool and concurrent.futures as contestants: the protocol of driver.mjs, the rounds of workloads/."""

import multiprocessing
import sys
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

from python_protocol import nested, repeat, scaled, serve, small

WORKERS, OBJECTS_IN_FLIGHT, AT_ONCE, ITEMS_A_CHUNK = 2, 500, 100, 5_000

# The workload's parameter, from the command line.
PARAMETER = sys.argv[3] if len(sys.argv) > 3 else ""


def increment(n):
    return n + 1


def echo(value):
    return value


def busy(iterations):
    x = 1
    for i in range(iterations):
        x = (((x ^ i) * 0x9E3779B1) + 1) & 0xFFFFFFFF
    return x


class Pool:
    """multiprocessing.Pool"""

    def __init__(self):
        self.pool = multiprocessing.Pool(WORKERS)

    def run(self, fn, arg):
        return self.pool.apply_async(fn, (arg,))

    def wait(self, call):
        return call.get()

    def map(self, fn, items, chunk=ITEMS_A_CHUNK):
        return self.pool.map(fn, items, chunksize=chunk)

    def imap(self, fn, items):
        return self.pool.imap(fn, items, chunksize=int(PARAMETER or 1))

    def close(self):
        self.pool.terminate()
        self.pool.join()


class Executor:
    """concurrent.futures"""

    def __init__(self, make=lambda: ProcessPoolExecutor(WORKERS)):
        self.pool = make()

    def run(self, fn, arg):
        return self.pool.submit(fn, arg)

    def wait(self, call):
        return call.result()

    def map(self, fn, items, chunk=ITEMS_A_CHUNK):
        return list(self.pool.map(fn, items, chunksize=chunk))

    def close(self):
        self.pool.shutdown()


def in_flight(pool, fn, args):
    results = [pool.wait(call) for call in [pool.run(fn, arg) for arg in args]]
    assert results[-1] == fn(args[-1])
    return len(results)


def round_trip(pool, _):
    for i in range(50):
        assert pool.wait(pool.run(increment, i)) == i + 1
    return 50


def map_trivial(pool, scale):
    items = scaled(1_000_000, scale, 1_000)
    results = pool.map(increment, range(items))
    assert results[-1] == items
    return items


def imap(pool, scale):
    items = scaled(100_000, scale, 1_000)
    for expected, result in enumerate(pool.imap(increment, range(items)), 1):
        assert result == expected
    return items


def copied(size):
    data = None

    def block(pool, _):
        nonlocal data
        data = data or bytes([1]) * size
        assert pool.wait(pool.run(len, data)) == size
        return 1

    return block


BLOCKS = {
    "round_trip": round_trip,
    "in_flight_1k": lambda pool, _: in_flight(pool, increment, range(1_000)),
    "in_flight_100k": lambda pool, scale: in_flight(pool, increment, range(scaled(100_000, scale, 1_000))),
    "objects_small": lambda pool, _: in_flight(pool, echo, [small(i) for i in range(OBJECTS_IN_FLIGHT)]),
    "objects_nested": lambda pool, _: in_flight(pool, echo, [nested(i) for i in range(OBJECTS_IN_FLIGHT)]),
    "map_trivial": map_trivial,
    "imap": imap,
    "bytes_1KB_copied": copied(2**10),
    "bytes_1MB_copied": copied(2**20),
    "bytes_64MB_copied": copied(2**26),
    "process_round_trip": round_trip,
    "pooled": lambda pool, _: in_flight(pool, increment, range(10_000)),
}


def spread(unit, scale):
    return mixed(unit, scale, lambda i, length: int(length * ((i + 1) * 0.618034 % 1)))


def burst(unit, scale):
    return mixed(unit, scale, lambda i, length: length // 3 + i)


def mixed(unit, scale, place):
    items = [unit // 1_000] * scaled(10_000, scale, 100)
    for i in range(scaled(8, scale, 2)):
        items[place(i, len(items))] = unit * 100
    return items


# Items of a millisecond and more go one by one; Pool.map chooses the chunk size of the others.
SPEED_UPS = {
    "cpu_bound_1ms": (lambda unit, scale: [unit] * scaled(1_000, scale, 4), 1),
    "cpu_bound_10ms": (lambda unit, scale: [unit * 10] * scaled(100, scale, 2), 1),
    "cpu_bound_100ms": (lambda unit, scale: [unit * 100] * scaled(20, scale, 2), 1),
    "map_short": (lambda unit, scale: [unit // 1_000] * scaled(100_000, scale, 100), None),
    "map_long": (lambda unit, scale: [unit * 100] * scaled(8, scale, 2), None),
    "map_mixed": (spread, None),
    "map_burst": (burst, None),
}


def elapsed(work):
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def speed_up(pool, make, chunk, scale):
    unit = int(10_000 / (min(elapsed(lambda: busy(10_000)) for _ in range(20)) * 1e3))
    items = make(unit, scale)
    alone = elapsed(lambda: [busy(item) for item in items])
    together = elapsed(lambda: pool.map(busy, items, chunk))
    return {"value": alone / together, "count": len(items)}


def start_up(make, budget):
    each = []
    begin = time.perf_counter()
    while len(each) < 3 or (time.perf_counter() - begin) * 1e3 < budget * 2:
        start = time.perf_counter()
        pool = make()
        calls = [pool.run(increment, 1), pool.run(increment, 2)]
        pool.wait(calls[0])
        each.append((time.perf_counter() - start) * 1e3)
        pool.wait(calls[1])
        pool.close()
    return {"value": sorted(each)[len(each) // 2], "count": len(each), "each": each}


def echo_64mb(pool, budget):
    data = bytes([1]) * 2**26

    def block():
        assert len(pool.wait(pool.run(echo, data))) == len(data)
        return 1

    result = repeat(budget, block)
    return {"value": 2 * len(data) / 1e9 / (result["value"] / 1e6), "count": result["count"]}


VARIANTS = {
    "pool": Pool,
    "executor": Executor,
    "spawn": lambda: Executor(lambda: ProcessPoolExecutor(WORKERS, multiprocessing.get_context("spawn"))),
    "threads": lambda: Executor(lambda: ThreadPoolExecutor(AT_ONCE)),
}


def main():
    workload, variant = sys.argv[1:3]
    make = VARIANTS[variant]
    if workload in ("start_up", "process_start"):
        serve(lambda budget, _: start_up(make, budget))
        return
    pool = make()
    if workload == "process_64MB":
        serve(lambda budget, _: echo_64mb(pool, budget))
    elif workload in SPEED_UPS:
        serve(lambda _, scale: speed_up(pool, *SPEED_UPS[workload], scale))
    else:
        serve(lambda budget, scale: repeat(budget, lambda: BLOCKS[workload](pool, scale)))
    pool.close()


if __name__ == "__main__":
    main()

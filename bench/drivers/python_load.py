"""Measures the import of a module, in a process that has loaded next to nothing."""

import importlib
import sys
import time

from python_protocol import serve


def load(*_):
    begin = time.perf_counter()
    importlib.import_module(sys.argv[2])
    return {"value": (time.perf_counter() - begin) * 1e3, "count": 1}


serve(load)

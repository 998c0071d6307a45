"""Measures the student's own computer with the words of the course: roofline, links, all-reduce.

>>> from chipgap import machine
>>> mine = machine.measure()  # about half a minute, with a progress bar
>>> mine.ridge_flop_per_byte, mine.as_cluster()
>>> machine.ring_all_reduce(8_000_000, ranks=4, transport="tcp", limit_gbs=0.1).bus_gbs

Matrix products and memory run on all cores; the all-reduce runs between real processes, over shared
memory or over loopback TCP, as fast as it goes or held to a limit. 1 GB is 10^9 bytes.
"""

from chipgap.machine.alphabeta import AlphaBeta, bus_share, fit
from chipgap.machine.chip import GemmRate, MemoryRate
from chipgap.machine.conditions import Conditions
from chipgap.machine.errors import MachineError
from chipgap.machine.gpu import GpuRates, measure_gpu
from chipgap.machine.measuring import Machine, measure
from chipgap.machine.ring import AllReduce, ring_all_reduce

__all__ = [
    "AllReduce",
    "AlphaBeta",
    "Conditions",
    "GemmRate",
    "GpuRates",
    "Machine",
    "MachineError",
    "MemoryRate",
    "bus_share",
    "fit",
    "measure",
    "measure_gpu",
    "ring_all_reduce",
]

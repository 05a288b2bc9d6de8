"""A GPU made of the CPU: runs the PTX that a device would be given, so that kernels are tested where there is none.

PTX is translated to LLVM's language and compiled for the CPU; threads run one after the other, and stop where they wait
for each other.  What is not tested so is the last step, from PTX to the device's own code.

Source of the instructions' meaning: NVIDIA's Parallel Thread Execution ISA, version 9.
"""

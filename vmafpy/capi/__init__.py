"""The C API of libvmaf as Python objects."""

"""The sandbox on Linux: Landlock, seccomp, namespaces and processes, through the native shim."""

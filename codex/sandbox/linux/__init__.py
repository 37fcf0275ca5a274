"""Linux under the sandbox: Landlock, seccomp, namespaces, processes, by the native shim."""

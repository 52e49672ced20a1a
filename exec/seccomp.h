// The system calls that a job may not make.
#pragma once

#include <string>

namespace ain::exec {

// A BPF program in the kernel's form, for bubblewrap's --seccomp. Everything is allowed but what namespaces do not contain: mounts,
// namespaces, keys, bpf, io_uring, perf, modules, typing into terminals, setuid files. Throws `failed`.
std::string job_filter();

}  // namespace ain::exec

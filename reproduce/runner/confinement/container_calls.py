"""What a kernel in a container may ask of the operating system, as the seccomp profile that Docker and Podman read.

Engines bring a profile of their own, which in older ones allows io_uring and sockets that reach the host (vsock).
"""

from __future__ import annotations

import errno
import json
from pathlib import Path
from typing import Any, Final

from reproduce.runner.confinement.system_calls import FAMILIES

# The calls of Linux up to 6.6 that need no privilege, without those that no notebook needs: namespaces, mounts, keys,
# io_uring, the memory of other processes, loading of code, clocks and names of the machine. What is not here, also what
# a later Linux adds, is refused; a name that the machine does not have counts for nothing.
_ALLOWED: Final = """
    accept accept4 access adjtimex alarm arch_prctl bind brk cachestat capget capset chdir chmod chown
    clock_getres clock_gettime clock_nanosleep close close_range connect copy_file_range creat dup dup2 dup3
    epoll_create epoll_create1 epoll_ctl epoll_pwait epoll_pwait2 epoll_wait eventfd eventfd2 execve execveat exit
    exit_group faccessat faccessat2 fadvise64 fallocate fchdir fchmod fchmodat fchmodat2 fchown fchownat fcntl
    fdatasync fgetxattr flistxattr flock fork fremovexattr fsetxattr fstat fstatfs fsync ftruncate futex
    futex_requeue futex_wait futex_waitv futex_wake futimesat get_robust_list get_thread_area getcpu getcwd
    getdents getdents64 getegid geteuid getgid getgroups getitimer getpeername getpgid getpgrp getpid getppid
    getpriority getrandom getresgid getresuid getrlimit getrusage getsid getsockname getsockopt gettid
    gettimeofday getuid getxattr inotify_add_watch inotify_init inotify_init1 inotify_rm_watch io_cancel
    io_destroy io_getevents io_pgetevents io_setup io_submit ioctl ioprio_get ioprio_set kill landlock_add_rule
    landlock_create_ruleset landlock_restrict_self lchown lgetxattr link linkat listen listxattr llistxattr
    lremovexattr lseek lsetxattr lstat madvise membarrier memfd_create mincore mkdir mkdirat mknod mknodat mlock
    mlock2 mlockall mmap mprotect mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedsend mq_unlink mremap
    msgctl msgget msgrcv msgsnd msync munlock munlockall munmap name_to_handle_at nanosleep newfstatat open openat
    openat2 pause pidfd_open pidfd_send_signal pipe pipe2 pkey_alloc pkey_free pkey_mprotect poll ppoll prctl
    pread64 preadv preadv2 prlimit64 process_mrelease pselect6 ptrace pwrite64 pwritev pwritev2 read readahead
    readlink readlinkat readv recvfrom recvmmsg recvmsg remap_file_pages removexattr rename renameat renameat2
    restart_syscall rmdir rseq rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn
    rt_sigsuspend rt_sigtimedwait rt_tgsigqueueinfo sched_get_priority_max sched_get_priority_min
    sched_getaffinity sched_getattr sched_getparam sched_getscheduler sched_rr_get_interval sched_setaffinity
    sched_setattr sched_setparam sched_setscheduler sched_yield seccomp select semctl semget semop semtimedop
    sendfile sendmmsg sendmsg sendto set_robust_list set_thread_area set_tid_address setfsgid setfsuid setgid
    setgroups setitimer setpgid setpriority setregid setresgid setresuid setreuid setrlimit setsid setsockopt
    setuid setxattr shmat shmctl shmdt shmget shutdown sigaltstack signalfd signalfd4 socketpair splice stat
    statfs statx symlink symlinkat sync sync_file_range sync_file_range2 syncfs sysinfo tee tgkill time
    timer_create timer_delete timer_getoverrun timer_gettime timer_settime timerfd_create timerfd_gettime
    timerfd_settime times tkill truncate umask uname unlink unlinkat utime utimensat utimes vfork vmsplice wait4
    waitid write writev
"""
# Flags of clone that make namespaces: CLONE_NEWNS, CGROUP, UTS, IPC, USER, PID and NET.
_NAMESPACES: Final = 0x7E020000
# Plain Linux, uname of 2.6, and the question which it is.
_PERSONALITIES: Final = (0x0, 0x8, 0x20000, 0x20008, 0xFFFFFFFF)
_ALLOW: Final = "SCMP_ACT_ALLOW"
_ERROR: Final = "SCMP_ACT_ERRNO"


def write_profile(path: Path) -> Path:
    """Write the profile for this machine and return its path."""
    path.write_text(json.dumps(call_profile()), encoding="ascii")
    return path


def call_profile() -> dict[str, Any]:
    """Return the profile. Calls in the numbers of another architecture (32 bits) end the process."""
    return {
        "defaultAction": _ERROR,
        "defaultErrnoRet": errno.EPERM,
        "archMap": [
            {"architecture": name, "subArchitectures": []} for name in ("SCMP_ARCH_X86_64", "SCMP_ARCH_AARCH64")
        ],
        "syscalls": [
            {"names": _ALLOWED.split(), "action": _ALLOW},
            # That it does not exist, so that the C library takes clone, whose flags can be seen.
            {"names": ["clone3"], "action": _ERROR, "errnoRet": errno.ENOSYS},
            _where("clone", 0, _NAMESPACES, "SCMP_CMP_MASKED_EQ"),
            *(_where("socket", 0, int(family)) for family in FAMILIES),
            *(_where("personality", 0, value) for value in _PERSONALITIES),
        ],
    }


def _where(name: str, index: int, value: int, operator: str = "SCMP_CMP_EQ") -> dict[str, Any]:
    """Allow a call if an argument is equal to the value, or has none of its bits."""
    return {
        "names": [name],
        "action": _ALLOW,
        "args": [{"index": index, "value": value, "valueTwo": 0, "op": operator}],
    }

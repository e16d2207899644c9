/* registers.so, preloaded into User-Mode Linux: lets it run on processors with more registers than it knows (AMX).
 *
 * UML 6.1 saves and restores a guest process's extended registers as 2696 bytes, the size with AVX-512. The machine's
 * kernel takes them only as a whole (arch/x86/kernel/fpu/regset.c, xstateregs_set: any other size is EFAULT), which is
 * 11008 bytes with AMX; the guest's init then dies: "ptrace set fp regs failed, errno = 14". So what UML sets is laid
 * over all that is there now. Nothing is changed where the sizes are the same.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { MOST = 65536 };

static long set_registers(pid_t pid, const struct iovec *given)
{
    static char whole[MOST]; /* UML asks from one thread */
    struct iovec all = { whole, sizeof whole };

    if (syscall(SYS_ptrace, PTRACE_GETREGSET, pid, NT_X86_XSTATE, &all) != 0 || all.iov_len <= given->iov_len)
        return syscall(SYS_ptrace, PTRACE_SETREGSET, pid, NT_X86_XSTATE, given);
    memcpy(whole, given->iov_base, given->iov_len);
    return syscall(SYS_ptrace, PTRACE_SETREGSET, pid, NT_X86_XSTATE, &all);
}

long ptrace(enum __ptrace_request request, ...)
{
    static long (*real)(enum __ptrace_request, pid_t, void *, void *);
    va_list more;

    va_start(more, request);
    pid_t pid = va_arg(more, pid_t);
    void *address = va_arg(more, void *), *data = va_arg(more, void *);
    va_end(more);
    if (request == PTRACE_SETREGSET && (long)address == NT_X86_XSTATE)
        return set_registers(pid, data);
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "ptrace");
    return real(request, pid, address, data);
}

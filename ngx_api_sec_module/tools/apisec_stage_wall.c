/*
 * Two walls around the nginx of a stage, which hold whatever its
 * configuration says: seccomp(2) and landlock(7).
 */

#include "apisec_stage.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>


#if defined(__x86_64__)
#define OUR_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OUR_ARCH AUDIT_ARCH_AARCH64
#endif

#define LOAD(field)                                                           \
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define SAY(what) BPF_STMT(BPF_RET | BPF_K, (what))

/* Skip `yes` instructions when equal, else none. */

#define EQUAL(value, yes) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), yes, 0)


/* No socket but a local one, and no way to get one past this filter. */

static bool
no_network(void)
{
#ifdef OUR_ARCH
    struct sock_filter code[] = {
        LOAD(arch),
        EQUAL(OUR_ARCH, 1),
        SAY(SECCOMP_RET_KILL_PROCESS),
        LOAD(nr),
#ifdef __X32_SYSCALL_BIT
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, __X32_SYSCALL_BIT, 4, 0),
#endif
        EQUAL(__NR_io_uring_setup, 3),
        EQUAL(__NR_socketpair, 3),
        EQUAL(__NR_socket, 2),
        SAY(SECCOMP_RET_ALLOW),
        SAY(SECCOMP_RET_ERRNO | EACCES),
        LOAD(args[0]),
        EQUAL(AF_UNIX, 1),
        SAY(SECCOMP_RET_ERRNO | EACCES),
        SAY(SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = { sizeof(code) / sizeof(code[0]), code };

    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
#else
    return false;
#endif
}


/* An older kernel has fewer kinds of writing to forbid, or none. */

static void
no_writing(const char *dir)
{
    long     abi;
    int      rules;
    uint64_t all =
        LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR
        | LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR
        | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG
        | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO
        | LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM;
    struct landlock_ruleset_attr      set = { .handled_access_fs = all };
    struct landlock_path_beneath_attr below = { .allowed_access = all };

    abi = syscall(
        SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

    if (abi < 1) {
        return;
    }

    rules = (int) syscall(SYS_landlock_create_ruleset, &set, sizeof(set), 0);
    below.parent_fd = open(dir, O_PATH | O_CLOEXEC);

    if (rules != -1 && below.parent_fd != -1
        && syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH,
               &below, 0)
               == 0)
    {
        (void) syscall(SYS_landlock_restrict_self, rules, 0);
    }
}


bool
apisec_wall(const char *dir)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        return false;
    }

    no_writing(dir);

    return no_network();
}

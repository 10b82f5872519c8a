/*
 * Refuses system calls, as an older kernel (ENOSYS) or a container's seccomp profile (EPERM) does, then becomes a program:
 *
 *     refuse ERROR CALL... -- PROGRAM [ARGUMENT...]
 *
 * ERROR is ENOSYS, EPERM, EINVAL or a number. CALL is a name of the table below. Calls of another architecture are let
 * through: no test makes any.
 */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#define MOST 120

static struct sock_filter code[MOST];
static int length;

static void add(unsigned short what, unsigned char then, unsigned char otherwise, unsigned int operand) {
  if (length == MOST) {
    fprintf(stderr, "refuse: too many calls\n");
    exit(126);
  }
  code[length++] = (struct sock_filter){what, then, otherwise, operand};
}

static void load(size_t offset) { add(BPF_LD | BPF_W | BPF_ABS, 0, 0, offset); }
static void refuse(int error) { add(BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | (error & SECCOMP_RET_DATA)); }

#define NUMBER offsetof(struct seccomp_data, nr)
/* The low half of an argument, little-endian. */
#define ARGUMENT(n) (offsetof(struct seccomp_data, args) + 8 * (n))

/* Whatever the arguments. */
static void whole(unsigned int number, int error) {
  add(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, number);
  refuse(error);
}

/* Only where an argument has that value, or all those bits. */
static void with(unsigned int number, int argument, unsigned short test, unsigned int value, int error) {
  add(BPF_JMP | BPF_JEQ | BPF_K, 0, 4, number);
  load(ARGUMENT(argument));
  add(BPF_JMP | test | BPF_K, 0, 1, value);
  refuse(error);
  load(NUMBER);
}

static const struct {
  const char *name;
  unsigned int number;
} calls[] = {
  {"pidfd_send_signal", 424},
  {"pidfd_open", 434},
  {"close_range", 436},
  {"pidfd_getfd", 438},
  {"splice", SYS_splice},
#ifdef SYS_epoll_wait
  {"epoll_wait", SYS_epoll_wait},
#endif
};

static void call(const char *name, int error) {
  if (!strcmp(name, "netlink")) return with(SYS_socket, 0, BPF_JEQ, AF_NETLINK, error);
  if (!strcmp(name, "sigterm")) return with(SYS_kill, 1, BPF_JEQ, 15, error);
  if (!strcmp(name, "subreaper")) return with(SYS_prctl, 0, BPF_JEQ, PR_SET_CHILD_SUBREAPER, error);
  if (!strcmp(name, "close_range_cloexec")) return with(436, 2, BPF_JSET, 4, error);
  if (!strcmp(name, "pidfd_info")) return with(SYS_ioctl, 1, BPF_JEQ, 0xc040ff0b, error);
  for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
    if (!strcmp(name, calls[i].name)) return whole(calls[i].number, error);
  fprintf(stderr, "refuse: no call %s in the table\n", name);
  exit(126);
}

static int errorOf(const char *name) {
  if (!strcmp(name, "ENOSYS")) return ENOSYS;
  if (!strcmp(name, "EPERM")) return EPERM;
  if (!strcmp(name, "EINVAL")) return EINVAL;
  return atoi(name);
}

int main(int count, char **words) {
  if (count < 4) {
    fprintf(stderr, "usage: refuse ERROR CALL... -- PROGRAM [ARGUMENT...]\n");
    return 126;
  }
  int error = errorOf(words[1]);
  int at = 2;
  load(NUMBER);
  for (; at < count && strcmp(words[at], "--"); at++) call(words[at], error);
  if (at + 1 >= count) return 126;
  add(BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW);
  struct sock_fprog program = {length, code};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) {
    perror("refuse: seccomp");
    return 126;
  }
  execvp(words[at + 1], words + at + 1);
  perror(words[at + 1]);
  return 127;
}

/* The reference for the reader of processes.
   usage: stats read ROUNDS    reads every /proc/PID/stat ROUNDS times; prints a line per round: nanoseconds, files
          stats hold COUNT     has COUNT children that sleep until it ends; prints "ready\n" once they exist
          stats churn          starts a hundred children a second that exit at once, until it is killed */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static long read_all(void) {
  static char bytes[4096];
  char path[300];
  long files = 0;
  DIR *proc = opendir("/proc");
  if (proc == NULL) exit(1);
  for (struct dirent *entry; (entry = readdir(proc)) != NULL;) {
    if (entry->d_name[0] < '0' || entry->d_name[0] > '9') continue;
    snprintf(path, sizeof path, "/proc/%s/stat", entry->d_name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd == -1) continue;
    if (read(fd, bytes, sizeof bytes) > 0) files++;
    close(fd);
  }
  closedir(proc);
  return files;
}

static void ends_with_parent(pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(0);
}

static int hold(long count) {
  pid_t own = getpid();
  for (long i = 0; i < count; i++) {
    pid_t child = fork();
    if (child == -1) return 1;
    if (child == 0) {
      ends_with_parent(own);
      for (;;) pause();
    }
  }
  if (puts("ready") == EOF || fflush(stdout) == EOF) return 1;
  for (;;) pause();
}

static int churn(void) {
  const struct timespec between = {.tv_nsec = 10 * 1000 * 1000};
  for (;;) {
    pid_t child = fork();
    if (child == -1) return 1;
    if (child == 0) _exit(0);
    nanosleep(&between, NULL);
    waitpid(child, NULL, 0);
  }
}

int main(int argc, char *argv[]) {
  const char *what = argc > 1 ? argv[1] : "";
  /* The benchmark may be killed: no process of this program may outlive it. */
  if (strcmp(what, "read") != 0) ends_with_parent(getppid());
  if (strcmp(what, "hold") == 0 && argc > 2) return hold(atol(argv[2]));
  if (strcmp(what, "churn") == 0) return churn();
  if (strcmp(what, "read") != 0 || argc < 3) return 2;
  for (long round = atol(argv[2]); round > 0; round--) {
    int64_t began = now();
    long files = read_all();
    printf("%jd %ld\n", (intmax_t)(now() - began), files);
  }
}

/* The work that every supervisor gets: says on start who and when it is, then sleeps until a signal ends it.
   usage: PULSE_LOG=file pulse [name], the name else from BROOD_WORKER. Appends "name pid CLOCK_MONOTONIC-ns\n". */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char *argv[]) {
  struct timespec t;
  if (clock_gettime(CLOCK_MONOTONIC, &t) == -1) return 2;
  const char *log = getenv("PULSE_LOG"), *worker = getenv("BROOD_WORKER");
  const char *name = argc > 1 ? argv[1] : worker != NULL ? worker : "nobody";
  if (log == NULL) return 2;

  /* One write of one line to a file opened for appending: lines of many workers do not mix. */
  int fd = open(log, O_WRONLY | O_APPEND | O_CLOEXEC);
  if (fd == -1) return 2;
  char line[160];
  int length = snprintf(line, sizeof line, "%s %ld %jd\n", name, (long)getpid(),
                        (intmax_t)t.tv_sec * 1000000000 + t.tv_nsec);
  if (length < 0 || (size_t)length >= sizeof line || write(fd, line, (size_t)length) != length) return 2;
  close(fd);

  while (pause() == -1) continue;
}

/* The worker under every supervisor: records its name and start time, then sleeps until a signal ends it.
   usage: PULSE_LOG=file [PULSE_COUNTS=folder] pulse [name]; the default name is BROOD_WORKER.
   Appends "name pid CLOCK_MONOTONIC-ns\n" to PULSE_LOG. With PULSE_COUNTS it also writes "line PID NUMBER of NAME\n" to
   standard output, 20 a second, until PULSE_COUNTS/quiet exists, and stores the last NUMBER in PULSE_COUNTS/PID. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static const struct timespec BETWEEN_LINES = {.tv_nsec = 50 * 1000 * 1000};

static void write_lines(const char *folder, const char *name) {
  char quiet[4096], path[4096], line[160];
  snprintf(quiet, sizeof quiet, "%s/quiet", folder);
  snprintf(path, sizeof path, "%s/%ld", folder, (long)getpid());
  int count = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  if (count == -1) exit(2);
  for (uintmax_t number = 1; access(quiet, F_OK) == -1; number++) {
    int length = snprintf(line, sizeof line, "line %ld %ju of %s\n", (long)getpid(), number, name);
    /* A failed write loses the line, as in a program that does not check its output. */
    if (write(STDOUT_FILENO, line, (size_t)length) == -1) (void)0;
    length = snprintf(line, sizeof line, "%ju\n", number);
    if (pwrite(count, line, (size_t)length, 0) != length) exit(2);
    nanosleep(&BETWEEN_LINES, NULL);
  }
}

int main(int argc, char *argv[]) {
  struct timespec t;
  if (clock_gettime(CLOCK_MONOTONIC, &t) == -1) return 2;
  const char *log = getenv("PULSE_LOG"), *counts = getenv("PULSE_COUNTS"), *worker = getenv("BROOD_WORKER");
  const char *name = argc > 1 ? argv[1] : worker != NULL ? worker : "nobody";
  if (log == NULL) return 2;

  /* One write per line to a file opened with O_APPEND: lines of different workers do not mix. */
  int fd = open(log, O_WRONLY | O_APPEND | O_CLOEXEC);
  if (fd == -1) return 2;
  char line[160];
  int length = snprintf(line, sizeof line, "%s %ld %jd\n", name, (long)getpid(),
                        (intmax_t)t.tv_sec * 1000000000 + t.tv_nsec);
  if (length < 0 || (size_t)length >= sizeof line || write(fd, line, (size_t)length) != length) return 2;
  close(fd);

  if (counts != NULL) write_lines(counts, name);
  while (pause() == -1) continue;
}

/* Writes output to be logged: BYTES in lines of 100 bytes, through stdio, as most programs do.
   usage: STREAM_BEGAN=file stream BYTES
   Writes the CLOCK_MONOTONIC time of its start, in ns, to STREAM_BEGAN. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int main(int argc, char *argv[]) {
  const char *began = getenv("STREAM_BEGAN");
  if (argc != 2 || began == NULL) return 2;
  FILE *file = fopen(began, "w");
  struct timespec t;
  if (file == NULL || clock_gettime(CLOCK_MONOTONIC, &t) == -1) return 2;
  fprintf(file, "%lld\n", (long long)t.tv_sec * 1000000000 + t.tv_nsec);
  if (fclose(file) != 0) return 2;

  char line[128];
  memset(line, 'x', sizeof line);
  line[99] = '\n';
  long long bytes = atoll(argv[1]);
  for (long long at = 0; at < bytes; at += 100) {
    line[snprintf(line, sizeof line, "line %012lld, and what it has to say: ", at / 100)] = 'x';
    if (fwrite(line, 1, 100, stdout) != 100) return 2;
  }
  return fflush(stdout) == 0 ? 0 : 2;
}

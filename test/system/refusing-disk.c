/* A disk that refuses, for a daemon started with LD_PRELOAD: while the file named by REFUSING_DISK_MODE says `full`,
 * nothing under REFUSING_DISK_FOLDER grows (ENOSPC); while it says `read-only`, nothing there is written, made, renamed
 * or removed (EROFS). What is there already can be read, and with `full` written over, as on a real disk. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int mode(void) {
  const char *file = getenv("REFUSING_DISK_MODE");
  char word[16] = {0};
  int fd = file ? REAL(open)(file, O_RDONLY) : -1;
  if (fd < 0) return 0;
  ssize_t got = read(fd, word, sizeof word - 1);
  close(fd);
  if (got <= 0) return 0;
  return strncmp(word, "full", 4) == 0 ? ENOSPC : strncmp(word, "read-only", 9) == 0 ? EROFS : 0;
}

static int under(const char *path) {
  const char *folder = getenv("REFUSING_DISK_FOLDER");
  char full[PATH_MAX];
  if (!folder || !path) return 0;
  if (path[0] == '/') snprintf(full, sizeof full, "%s", path);
  else if (getcwd(full, sizeof full)) {
    size_t length = strlen(full);
    snprintf(full + length, sizeof full - length, "/%s", path);
  }
  return strncmp(full, folder, strlen(folder)) == 0;
}

static int under_fd(int fd) {
  char link[64], path[PATH_MAX] = {0};
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  return readlink(link, path, sizeof path - 1) > 0 && under(path);
}

/* Whether `count` octets at `offset` (-1: at the file's own) may not be written. */
static int refused(int fd, size_t count, off_t offset) {
  if (!under_fd(fd)) return 0;
  int why = mode();
  if (why != ENOSPC) return why;
  struct stat about;
  if (fstat(fd, &about) != 0) return 0;
  if (offset < 0) offset = lseek(fd, 0, SEEK_CUR);
  return offset + (off_t)count > about.st_size ? ENOSPC : 0;
}

#define REFUSE(why) \
  do {              \
    int error = why; \
    if (error) {    \
      errno = error; \
      return -1;    \
    }               \
  } while (0)

static int read_only(const char *path) { return under(path) && mode() == EROFS ? EROFS : 0; }

ssize_t write(int fd, const void *data, size_t count) {
  REFUSE(refused(fd, count, -1));
  return REAL(write)(fd, data, count);
}
ssize_t pwrite(int fd, const void *data, size_t count, off_t offset) {
  REFUSE(refused(fd, count, offset));
  return REAL(pwrite)(fd, data, count, offset);
}
ssize_t pwrite64(int fd, const void *data, size_t count, off_t offset) {
  REFUSE(refused(fd, count, offset));
  return REAL(pwrite64)(fd, data, count, offset);
}
ssize_t writev(int fd, const struct iovec *parts, int number) {
  size_t count = 0;
  for (int i = 0; i < number; i++) count += parts[i].iov_len;
  REFUSE(refused(fd, count, -1));
  return REAL(writev)(fd, parts, number);
}
static int may_not_open(const char *path, int flags) {
  if (!under(path) || !(flags & (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC))) return 0;
  int why = mode();
  if (why == EROFS) return why;
  return why == ENOSPC && (flags & O_CREAT) && access(path, F_OK) != 0 ? why : 0;
}
#define OPEN(name)                                    \
  int name(const char *path, int flags, ...) {        \
    va_list more;                                     \
    va_start(more, flags);                            \
    mode_t bits = va_arg(more, mode_t);               \
    va_end(more);                                     \
    REFUSE(may_not_open(path, flags));                \
    return REAL(name)(path, flags, bits);             \
  }
OPEN(open)
OPEN(open64)
int access(const char *path, int how) {
  if (how & W_OK) REFUSE(read_only(path));
  return REAL(access)(path, how);
}
int unlink(const char *path) {
  REFUSE(read_only(path));
  return REAL(unlink)(path);
}
int rename(const char *from, const char *to) {
  REFUSE(read_only(to));
  return REAL(rename)(from, to);
}
int ftruncate(int fd, off_t length) {
  REFUSE(under_fd(fd) && mode() == EROFS ? EROFS : 0);
  return REAL(ftruncate)(fd, length);
}
int ftruncate64(int fd, off_t length) {
  REFUSE(under_fd(fd) && mode() == EROFS ? EROFS : 0);
  return REAL(ftruncate64)(fd, length);
}

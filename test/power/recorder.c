/*
 * Preloaded into the daemon (LD_PRELOAD), it writes down in one log, in the order in which they happened, what the
 * process does to the files under PYLONE_RECORD_ROOT and what passes over its TCP sockets.
 *
 * A sync is two records, its begin and its end. Nothing is really synced in between, it only takes its time: what
 * would be on the disk is the log's reader's affair (disk.ts). Everything else is really done, under one lock with
 * its record, so that the order of the records is the order of the deeds. What this cannot follow (a shared mapping)
 * is a record of its own, at which the reader gives up; what it should miss, the reader finds in the end, because
 * the files are not what the log makes of them.
 *
 * A record: operation (1), padding (3), descriptor (4), offset (8), two lengths (4 + 4), two texts; little endian.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { UNKNOWN = 0, OTHER, RECORDED, TCP };

#define DESCRIPTORS 4096
#define SYNC_NS 1000000L

static unsigned char kinds[DESCRIPTORS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char root[PATH_MAX];
static int log_fd = -1;
static int64_t syncs = 0;

static long (*real_syscall(void))(long, ...) {
  static long (*real)(long, ...);
  if (real == NULL) real = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
  return real;
}

#define SYS(...) (real_syscall()(__VA_ARGS__))
#define LOCKED(statement) pthread_mutex_lock(&lock); statement; pthread_mutex_unlock(&lock)

static void give_up(const char *why) {
  SYS(SYS_write, 2, why, strlen(why));
  _exit(99);
}

static void put(const void *bytes, size_t length) {
  const char *from = bytes;
  while (length > 0) {
    long written = SYS(SYS_write, log_fd, from, length);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) give_up("recorder: the log cannot be written\n");
    from += written;
    length -= (size_t)written;
  }
}

/* The lock is held. errno stays what it was. */
static void head(char operation, int fd, int64_t offset, size_t one, size_t other) {
  char bytes[24] = {0};
  uint32_t lengths[2] = {(uint32_t)one, (uint32_t)other};
  bytes[0] = operation;
  memcpy(bytes + 4, &fd, 4);
  memcpy(bytes + 8, &offset, 8);
  memcpy(bytes + 16, lengths, 8);
  put(bytes, sizeof bytes);
}

static void record(char operation, int fd, int64_t offset, const char *one, const char *other) {
  int before = errno;
  size_t length = one == NULL ? 0 : strlen(one), other_length = other == NULL ? 0 : strlen(other);
  head(operation, fd, offset, length, other_length);
  put(one, length);
  put(other, other_length);
  errno = before;
}

/* The first `length` octets of what `vector` holds. */
static void record_octets(char operation, int fd, int64_t offset, const struct iovec *vector, size_t length) {
  int before = errno;
  head(operation, fd, offset, length, 0);
  for (; length > 0; vector++) {
    size_t part = vector->iov_len < length ? vector->iov_len : length;
    put(vector->iov_base, part);
    length -= part;
  }
  errno = before;
}

__attribute__((constructor)) static void begin(void) {
  const char *of = getenv("PYLONE_RECORD_ROOT"), *to = getenv("PYLONE_RECORD_LOG");
  if (of == NULL || to == NULL || realpath(of, root) == NULL) give_up("recorder: told neither what nor where\n");
  log_fd = (int)SYS(SYS_openat, AT_FDCWD, to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (log_fd < 0) give_up("recorder: the log cannot be opened\n");
  unsetenv("LD_PRELOAD");
}

static void set_kind(int fd, int kind) {
  if (fd >= 0 && fd < DESCRIPTORS) kinds[fd] = (unsigned char)kind;
  else if (fd >= 0 && kind != OTHER && kind != UNKNOWN) give_up("recorder: too many descriptors\n");
}

static int kind_of(int fd) {
  if (fd < 0 || fd >= DESCRIPTORS) return OTHER;
  if (kinds[fd] != UNKNOWN) return kinds[fd];
  struct sockaddr_storage address;
  socklen_t length = sizeof address;
  int before = errno;
  int is_tcp = getsockname(fd, (struct sockaddr *)&address, &length) == 0 &&
               (address.ss_family == AF_INET || address.ss_family == AF_INET6);
  errno = before;
  return is_tcp ? TCP : OTHER;
}

/* ── names ─────────────────────────────────────────────────────────────────────────────────────────────────── */

/* The absolute path, where it is the root or under it; else NULL. */
static const char *ours(int directory, const char *path, char *room) {
  room[0] = '\0';
  if (path[0] != '/' && (directory != AT_FDCWD || getcwd(room, PATH_MAX) == NULL)) return NULL;
  size_t length = strlen(room), of_root = strlen(root);
  if (length + 1 + strlen(path) >= PATH_MAX) return NULL;
  if (path[0] != '/') room[length++] = '/';
  strcpy(room + length, path);
  return strncmp(room, root, of_root) == 0 && (room[of_root] == '/' || room[of_root] == '\0') ? room : NULL;
}

static int opened(int directory, const char *path, int flags, mode_t mode) {
  char room[PATH_MAX];
  const char *place = ours(directory, path, room);
  pthread_mutex_lock(&lock);
  int fd = (int)SYS(SYS_openat, directory, path, flags, mode);
  set_kind(fd, place == NULL ? OTHER : RECORDED);
  if (fd >= 0 && place != NULL) record('O', fd, flags, place, NULL);
  pthread_mutex_unlock(&lock);
  return fd;
}

#define OPENED(directory) \
  mode_t mode = 0; \
  if (flags & (O_CREAT | O_TMPFILE)) { \
    va_list list; \
    va_start(list, flags); \
    mode = va_arg(list, mode_t); \
    va_end(list); \
  } \
  return opened(directory, path, flags, mode);

int open(const char *path, int flags, ...) { OPENED(AT_FDCWD) }
int open64(const char *path, int flags, ...) { OPENED(AT_FDCWD) }
int openat(int directory, const char *path, int flags, ...) { OPENED(directory) }
int openat64(int directory, const char *path, int flags, ...) { OPENED(directory) }
int __open_2(const char *path, int flags) { return opened(AT_FDCWD, path, flags, 0); }
int __open64_2(const char *path, int flags) { return opened(AT_FDCWD, path, flags, 0); }
int creat(const char *path, mode_t mode) { return opened(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }

static int closed(int fd) {
  pthread_mutex_lock(&lock);
  int kind = fd >= 0 && fd < DESCRIPTORS ? kinds[fd] : OTHER;
  if (kind == RECORDED || kind == TCP) record('C', fd, 0, NULL, NULL);
  set_kind(fd, UNKNOWN);
  int result = (int)SYS(SYS_close, fd);
  pthread_mutex_unlock(&lock);
  return result;
}

int close(int fd) { return closed(fd); }

/* libuv closes past the C library's close. */
long syscall(long number, ...) {
  va_list list;
  va_start(list, number);
  long a = va_arg(list, long), b = va_arg(list, long), c = va_arg(list, long);
  long d = va_arg(list, long), e = va_arg(list, long), f = va_arg(list, long);
  va_end(list);
  if (number == SYS_close) return closed((int)a);
  return SYS(number, a, b, c, d, e, f);
}

/* One deed with names: done, and written down when it succeeded. */
static int named(char operation, const char *path, const char *other, long number, mode_t mode) {
  char room[PATH_MAX], other_room[PATH_MAX];
  const char *place = ours(AT_FDCWD, path, room);
  const char *other_place = other == NULL ? NULL : ours(AT_FDCWD, other, other_room);
  pthread_mutex_lock(&lock);
  int result;
  if (number == SYS_renameat2) result = (int)SYS(number, AT_FDCWD, path, AT_FDCWD, other, 0);
  else if (number == SYS_linkat) result = (int)SYS(number, AT_FDCWD, path, AT_FDCWD, other, 0);
  else if (number == SYS_mkdirat) result = (int)SYS(number, AT_FDCWD, path, mode);
  else result = (int)SYS(number, AT_FDCWD, path, mode);
  if (result == 0 && (place != NULL || other_place != NULL))
    record(operation, -1, 0, place == NULL ? path : place, other_place == NULL ? other : other_place);
  pthread_mutex_unlock(&lock);
  return result;
}

int rename(const char *from, const char *to) { return named('N', from, to, SYS_renameat2, 0); }
int link(const char *from, const char *to) { return named('L', from, to, SYS_linkat, 0); }
int unlink(const char *path) { return named('U', path, NULL, SYS_unlinkat, 0); }
int rmdir(const char *path) { return named('R', path, NULL, SYS_unlinkat, AT_REMOVEDIR); }
int mkdir(const char *path, mode_t mode) { return named('M', path, NULL, SYS_mkdirat, mode); }

/* ── octets ────────────────────────────────────────────────────────────────────────────────────────────────── */

/* `offset` -1: where the descriptor stands, which is the end of a file that is appended to. */
static ssize_t written(int fd, const struct iovec *vector, int count, int64_t offset) {
  int kind = kind_of(fd);
  if (kind == OTHER) {
    if (offset >= 0) return SYS(SYS_pwritev, fd, vector, count, offset, 0);
    return count == 1 ? SYS(SYS_write, fd, vector->iov_base, vector->iov_len) : SYS(SYS_writev, fd, vector, count);
  }
  pthread_mutex_lock(&lock);
  set_kind(fd, kind);
  int64_t at = offset;
  if (kind == RECORDED && offset < 0)
    at = SYS(SYS_fcntl, fd, F_GETFL) & O_APPEND ? lseek(fd, 0, SEEK_END) : lseek(fd, 0, SEEK_CUR);
  ssize_t result =
      offset >= 0 ? SYS(SYS_pwritev, fd, vector, count, offset, 0) : SYS(SYS_writev, fd, vector, count);
  if (result > 0) record_octets(kind == TCP ? 'S' : 'W', fd, kind == TCP ? 0 : at, vector, (size_t)result);
  pthread_mutex_unlock(&lock);
  return result;
}

#define ONE struct iovec one = {(void *)bytes, length}

ssize_t write(int fd, const void *bytes, size_t length) { ONE; return written(fd, &one, 1, -1); }
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at) { ONE; return written(fd, &one, 1, at); }
ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t at) { ONE; return written(fd, &one, 1, at); }
ssize_t writev(int fd, const struct iovec *vector, int count) { return written(fd, vector, count, -1); }
ssize_t pwritev(int fd, const struct iovec *vector, int count, off_t at) { return written(fd, vector, count, at); }
ssize_t pwritev64(int fd, const struct iovec *vector, int count, off64_t at) { return written(fd, vector, count, at); }

ssize_t read(int fd, void *bytes, size_t length) {
  int kind = kind_of(fd);
  if (kind != TCP) return SYS(SYS_read, fd, bytes, length);
  ONE;
  pthread_mutex_lock(&lock);
  set_kind(fd, kind);
  ssize_t result = SYS(SYS_read, fd, bytes, length);
  if (result > 0) record_octets('G', fd, 0, &one, (size_t)result);
  pthread_mutex_unlock(&lock);
  return result;
}

static int cut(int fd, int64_t size) {
  pthread_mutex_lock(&lock);
  int result = (int)SYS(SYS_ftruncate, fd, size);
  if (result == 0 && kind_of(fd) == RECORDED) record('T', fd, size, NULL, NULL);
  pthread_mutex_unlock(&lock);
  return result;
}

int ftruncate(int fd, off_t size) { return cut(fd, size); }
int ftruncate64(int fd, off64_t size) { return cut(fd, size); }

static int synced(int fd, long number) {
  if (kind_of(fd) != RECORDED) return (int)SYS(number, fd);
  int64_t id;
  LOCKED(id = ++syncs; record('B', fd, id, NULL, NULL));
  struct timespec while_it_takes = {0, SYNC_NS};
  nanosleep(&while_it_takes, NULL);
  LOCKED(record('E', fd, id, NULL, NULL));
  return 0;
}

int fsync(int fd) { return synced(fd, SYS_fsync); }
int fdatasync(int fd) { return synced(fd, SYS_fdatasync); }

static void *mapped(void *at, size_t length, int protection, int flags, int fd, int64_t offset) {
  if (fd >= 0 && kind_of(fd) == RECORDED && (flags & MAP_SHARED) && (protection & PROT_WRITE)) {
    LOCKED(record('!', fd, offset, "a shared mapping that can be written", NULL));
  }
  return (void *)SYS(SYS_mmap, at, length, protection, flags, fd, offset);
}

void *mmap(void *at, size_t length, int protection, int flags, int fd, off_t offset) {
  return mapped(at, length, protection, flags, fd, offset);
}
void *mmap64(void *at, size_t length, int protection, int flags, int fd, off64_t offset) {
  return mapped(at, length, protection, flags, fd, offset);
}

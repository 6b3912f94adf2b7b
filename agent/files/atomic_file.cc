#include "agent/files/atomic_file.h"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace agent {

AtomicFile::AtomicFile(const std::string& path) : path_(path), temporary_(path + ".tmp") {
  ::unlink(temporary_.c_str());  // left by a process that was killed
  fd_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd_ < 0) fail("open", temporary_);
}

AtomicFile::~AtomicFile() {
  if (fd_ < 0) return;
  ::close(fd_);
  ::unlink(temporary_.c_str());
}

void AtomicFile::fail(const char* what, const std::string& path) {
  error_ = std::string(what) + " " + path + ": " + std::generic_category().message(errno);
}

void AtomicFile::write(std::string_view bytes) {
  while (error_.empty() && !bytes.empty()) {
    const ssize_t n = ::write(fd_, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail("write", temporary_);
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

void AtomicFile::commit() {
  if (!error_.empty()) return;
  if (::fsync(fd_) != 0) return fail("fsync", temporary_);
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) return fail("rename", temporary_);
  ::close(fd_);
  fd_ = -1;
  sync_folder();
}

void AtomicFile::sync_folder() {
  const std::size_t slash = path_.rfind('/');
  // With its slash, so that the root is no special case.
  const std::string folder = slash == std::string::npos ? "./" : path_.substr(0, slash + 1);
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return fail("open", folder);
  if (::fsync(fd) != 0) fail("fsync", folder);
  ::close(fd);
}

FileContent read_file(const std::string& path, std::size_t max_size) {
  FileContent content;
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    content.error = errno;
    return content;
  }
  struct stat status {};
  if (::fstat(fd, &status) != 0) content.error = errno;
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size > max_size) content.error = EFBIG;
  if (content.error == 0) content.bytes.resize(size);
  std::size_t have = 0;
  while (content.error == 0 && have < size) {
    const ssize_t n = ::read(fd, content.bytes.data() + have, size - have);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) content.error = errno;
    if (n <= 0) break;
    have += static_cast<std::size_t>(n);
  }
  content.bytes.resize(have);
  ::close(fd);
  return content;
}

}  // namespace agent

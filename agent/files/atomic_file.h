#pragma once

#include <span>
#include <string>
#include <string_view>

namespace agent {

/// A file that replaces another one at once or not at all: written as `path` + ".tmp" with mode
/// 0600, and renamed by commit(). Without a commit() the temporary file goes. A resource.
class AtomicFile {
 public:
  explicit AtomicFile(const std::string& path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(std::string_view bytes);
  /// fsync, rename, fsync of the folder. REQUIRES: no call after it.
  void commit();

  /// What failed first, as `open /var/lib/x.tmp: No space left on device`; empty if nothing did.
  /// After a failure the other calls do nothing.
  const std::string& error() const { return error_; }

 private:
  void fail(const char* what, const std::string& path);
  void sync_folder();

  std::string path_;
  std::string temporary_;
  std::string error_;
  int fd_ = -1;
};

/// All of a file's bytes.
struct FileContent {
  std::string bytes{};
  int error = 0;  ///< errno; 0 if the bytes are all there are
};

/// Errors: those of open(2) and read(2), and EFBIG for more than `max_size` bytes.
FileContent read_file(const std::string& path, std::size_t max_size);

}  // namespace agent

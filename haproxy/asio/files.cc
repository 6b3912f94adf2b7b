#include "haproxy/asio/files.h"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <set>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace haproxy {
namespace {

namespace fs = std::filesystem;
using base::Result;
using base::Unexpected;
using Done = Result<void, FileError>;

// HAProxy skips dot files when it loads a folder.
constexpr const char* temporary_prefix = ".acme-spoa-";
constexpr mode_t mkostemp_mode = 0600;
constexpr int sweep_depth = 3;        // the folder, its fan-out, and the folders of long names
constexpr std::size_t few_files = 8;  // up to here an fsync a file is cheaper than one of all

Unexpected<FileError> failed(const char* operation, const std::string& path, int error = errno) {
  return Unexpected(FileError{{error, std::generic_category()}, operation, path});
}

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&&) = delete;
  ~FileDescriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_;
};

std::string folder_of(const std::string& path) {
  const std::string folder = fs::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

Done sync_folder(const std::string& folder) {
  const FileDescriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return failed("open", folder);
  if (::fsync(fd.get()) != 0) return failed("fsync", folder);
  return {};
}

/// The folders that a batch has changed: those of its files, and the parents of those it has made.
class TouchedFolders {
 public:
  /// Makes it, and what is missing above it.
  Done make(const std::string& folder, const FileAccess& access) {
    if (folders_.contains(folder)) return {};
    if (Done made = make_missing(folder, access); !made) return made;
    folders_.insert(folder);
    return {};
  }
  const std::set<std::string>& all() const { return folders_; }

 private:
  Done make_missing(const std::string& folder, const FileAccess& access) {
    struct stat status {};
    if (::stat(folder.c_str(), &status) == 0) return {};
    if (errno != ENOENT) return failed("stat", folder);
    const std::string parent = folder_of(folder);
    if (parent != folder) {
      if (Done made = make_missing(parent, access); !made) return made;
    }
    return make_one(folder, parent, access);
  }
  Done make_one(const std::string& folder, const std::string& parent, const FileAccess& access) {
    const bool shared = (access.mode & S_IRGRP) != 0;
    if (::mkdir(folder.c_str(), shared ? 0750 : 0700) != 0)
      return errno == EEXIST ? Done() : Done(failed("mkdir", folder));
    if (access.group && ::chown(folder.c_str(), static_cast<uid_t>(-1), *access.group) != 0)
      return failed("chown", folder);
    folders_.insert(parent);
    return {};
  }

  std::set<std::string> folders_;
};

Done write_all(int fd, std::string_view content, const std::string& path) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno != EINTR) return failed("write", path);
    if (written > 0) content.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

/// A file with a name of its own beside its destination; removed unless it was renamed.
class TemporaryFile {
 public:
  static Result<TemporaryFile, FileError> create(const std::string& destination,
                                                 const FileAccess& access) {
    std::string name = folder_of(destination) + "/" + temporary_prefix + "XXXXXX";
    const int fd = ::mkostemp(name.data(), O_CLOEXEC);
    if (fd < 0) return failed("create", name);
    TemporaryFile file(fd, std::move(name), destination);
    if (access.group && ::fchown(fd, static_cast<uid_t>(-1), *access.group) != 0)
      return failed("chown", destination);
    const bool has_mode = access.mode == mkostemp_mode;
    if (!has_mode && ::fchmod(fd, access.mode) != 0) return failed("chmod", destination);
    return file;
  }
  TemporaryFile(TemporaryFile&& other) noexcept
      : fd_(std::move(other.fd_)),
        name_(std::exchange(other.name_, {})),
        destination_(std::move(other.destination_)) {}
  TemporaryFile& operator=(TemporaryFile&&) = delete;
  ~TemporaryFile() {
    if (!name_.empty()) ::unlink(name_.c_str());
  }

  Done write(std::string_view content) { return write_all(fd_.get(), content, destination_); }
  Done sync() { return ::fsync(fd_.get()) == 0 ? Done() : Done(failed("fsync", destination_)); }
  /// REQUIRES: nothing but rename() after it. A batch holds no descriptor a file.
  void close() { const FileDescriptor closing(std::move(fd_)); }
  Done rename() {
    if (::rename(name_.c_str(), destination_.c_str()) != 0) return failed("rename", destination_);
    name_.clear();
    return {};
  }

 private:
  TemporaryFile(int fd, std::string name, std::string destination)
      : fd_(fd), name_(std::move(name)), destination_(std::move(destination)) {}
  FileDescriptor fd_;
  std::string name_;
  std::string destination_;
};

/// One open folder of each file system; syncfs(2) reports the write errors since it was opened.
class FileSystems {
 public:
  static Result<FileSystems, FileError> open(const std::set<std::string>& folders) {
    FileSystems systems;
    std::set<dev_t> seen;
    for (const std::string& folder : folders) {
      FileDescriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
      struct stat status {};
      if (!fd || ::fstat(fd.get(), &status) != 0) return failed("open", folder);
      if (seen.insert(status.st_dev).second) systems.open_.push_back({folder, std::move(fd)});
    }
    return systems;
  }
  Done sync() const {
    for (const Folder& folder : open_) {
      if (::syncfs(folder.fd.get()) != 0) return failed("syncfs", folder.path);
    }
    return {};
  }

 private:
  struct Folder {
    std::string path;
    FileDescriptor fd;
  };
  std::vector<Folder> open_;
};

Result<TemporaryFile, FileError> write_temporary(const FileContent& file,
                                                 const FileAccess& access,
                                                 bool sync) {
  auto temporary = TemporaryFile::create(file.path, access);
  if (!temporary) return temporary;
  if (auto written = temporary->write(file.content); !written)
    return Unexpected(std::move(written).error());
  if (sync) {
    if (auto synced = temporary->sync(); !synced) return Unexpected(std::move(synced).error());
  }
  temporary->close();
  return temporary;
}

/// All contents on disk, none under its own name yet.
Result<std::vector<TemporaryFile>, FileError> write_temporaries(std::span<const FileContent> files,
                                                                const FileAccess& access,
                                                                const FileSystems& systems) {
  const bool one_by_one = files.size() <= few_files;
  std::vector<TemporaryFile> temporaries;
  temporaries.reserve(files.size());
  for (const FileContent& file : files) {
    auto temporary = write_temporary(file, access, one_by_one);
    if (!temporary) return Unexpected(std::move(temporary).error());
    temporaries.push_back(std::move(*temporary));
  }
  if (!one_by_one) {
    if (auto synced = systems.sync(); !synced) return Unexpected(std::move(synced).error());
  }
  return temporaries;
}

Done sync_folders(const std::set<std::string>& folders) {
  for (const std::string& folder : folders) {
    if (auto synced = sync_folder(folder); !synced) return synced;
  }
  return {};
}

bool is_temporary(const fs::directory_entry& entry) {
  std::error_code ignored;
  return entry.path().filename().string().starts_with(temporary_prefix) &&
         entry.symlink_status(ignored).type() == fs::file_type::regular;
}

}  // namespace

base::Result<void, FileError> write_file(const FileContent& file, const FileAccess& access) {
  return write_files(std::span(&file, 1), access);
}

base::Result<void, FileError> write_files(std::span<const FileContent> files,
                                          const FileAccess& access) {
  TouchedFolders touched;
  for (const FileContent& file : files) {
    if (auto made = touched.make(folder_of(file.path), access); !made) return made;
  }
  const std::set<std::string>& folders = touched.all();
  const auto systems = FileSystems::open(folders);
  if (!systems) return Unexpected(systems.error());
  auto temporaries = write_temporaries(files, access, *systems);
  if (!temporaries) return Unexpected(std::move(temporaries).error());
  for (TemporaryFile& temporary : *temporaries) {
    if (auto renamed = temporary.rename(); !renamed) return renamed;
  }
  return folders.size() <= few_files ? sync_folders(folders) : systems->sync();
}

base::Result<void, FileError> remove_files(std::span<const std::string> paths) {
  std::set<std::string> folders;
  for (const std::string& path : paths) {
    if (::unlink(path.c_str()) == 0) {
      folders.insert(folder_of(path));
    } else if (errno != ENOENT) {
      return failed("unlink", path);
    }
  }
  return sync_folders(folders);
}

base::Result<std::string, FileError> read_file(const std::string& path, std::size_t max_size) {
  const FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return failed("open", path);
  std::string content;
  std::array<char, 64 * 1024> buffer;
  while (true) {
    const ssize_t n = ::read(fd.get(), buffer.data(), buffer.size());
    if (n == 0) return content;
    if (n < 0 && errno != EINTR) return failed("read", path);
    if (n > 0) content.append(buffer.data(), static_cast<std::size_t>(n));
    if (content.size() > max_size) return failed("read", path, EFBIG);
  }
}

base::Result<std::size_t, FileError> sweep_temporary_files(const std::string& folder) {
  std::error_code ec;
  std::vector<std::string> found;
  fs::recursive_directory_iterator at(folder, ec);  // does not follow symbolic links
  for (; !ec && at != fs::recursive_directory_iterator(); at.increment(ec)) {
    if (at.depth() + 1 >= sweep_depth) at.disable_recursion_pending();
    if (is_temporary(*at)) found.push_back(at->path().string());
  }
  if (ec == std::errc::no_such_file_or_directory) return std::size_t{0};  // the first start
  if (ec) return Unexpected(FileError{ec, "list", folder});
  if (auto removed = remove_files(found); !removed) return Unexpected(std::move(removed).error());
  return found.size();
}

}  // namespace haproxy

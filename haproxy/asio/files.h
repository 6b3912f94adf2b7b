#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <sys/types.h>
#include <system_error>

#include "base/result.h"

namespace haproxy {

/// Which call on which path failed; message() reads `rename /a/b.pem: Read-only file system`.
struct FileError {
  std::error_code code;  ///< errno in the generic category
  std::string operation;
  std::string path;
  std::string message() const { return operation + " " + path + ": " + code.message(); }
};

/// Who may read a written file. A file has these rights from its first byte on. Folders that are
/// made on the way are 0700, or 0750 of the same group if the group may read the file.
struct FileAccess {
  mode_t mode = 0600;
  std::optional<gid_t> group;  ///< unchanged if absent
};

struct FileContent {
  std::string path;
  std::string content;
};

/// All functions here block: call them from a pool thread. Several may run at once on different
/// paths. Files are private keys: a path's content is either the old or the new one, whole, at
/// every instant and after a crash at any instant.

/// Writes a temporary file in the same folder, fsyncs it, renames it and fsyncs the folder. Missing
/// folders are made. Nothing is left behind on failure. A symbolic link at `path` is replaced.
base::Result<void, FileError> write_file(const FileContent& file, const FileAccess& access = {});

/// The same for many files at the price of a few fsyncs: all contents are forced to disk at once
/// before the first rename, and all folders, new ones too, after the last. On failure some of the
/// files may have been replaced, each of them whole. Memory and disk hold one batch twice: pass
/// some thousand files at a time.
base::Result<void, FileError> write_files(std::span<const FileContent> files,
                                          const FileAccess& access = {});

/// Removes files, then fsyncs each folder once. A file that is not there is no error.
base::Result<void, FileError> remove_files(std::span<const std::string> paths);

/// At most `max_size` bytes, else EFBIG; ENOENT if there is no such file.
base::Result<std::string, FileError> read_file(const std::string& path, std::size_t max_size);

/// Removes what a crash of write_file() left below `folder`, three levels deep, without following
/// symbolic links; says how many there were. A folder that is not there has none. REQUIRES: nobody
/// is writing there.
base::Result<std::size_t, FileError> sweep_temporary_files(const std::string& folder);

}  // namespace haproxy

#pragma once

#include <optional>
#include <span>
#include <string>
#include <sys/types.h>

#include "base/result.h"
#include "haproxy/asio/files.h"
#include "haproxy/crt_list.h"

namespace agent {

/// One line of ours.
struct CrtListBundle {
  std::string path{};  ///< relative bundle path
  std::string sni{};   ///< the only name that counts; empty: all that are in the certificate
};

/// The line; also what a running HAProxy is told.
haproxy::CrtListLine line_for(const haproxy::CertificateName& name, const std::string& sni);

/// A crt-list on disk that we share with the operator: lines that name a file below our folder are
/// ours; all others, and comments, keep their bytes and their places, so that a default certificate
/// stays the first. Rewritten whole and atomically. It is read again only if somebody else has
/// written it, so that one line more in 100,000 costs a write and no parsing.
///
/// Blocks: call it from a pool, one call at a time. Errors are sentences that name the path.
class CrtListFile {
 public:
  /// `folder` is of the bundles, absolute, without a slash at its end.
  CrtListFile(std::string path, std::string folder, haproxy::FileAccess access)
      : path_(std::move(path)), folder_(std::move(folder)), access_(access) {}

  /// Makes the file where it is missing: HAProxy refuses to start without it, and takes an empty
  /// one with strict-sni.
  base::Result<void, std::string> prepare();

  /// Adds lines, and removes those of bundle paths; rewrites the list only if that changes it. A
  /// line that is there stays as it is.
  base::Result<void, std::string> change(std::span<const CrtListBundle> add,
                                         std::span<const std::string> remove);
  /// Makes our lines exactly these, in any order.
  base::Result<void, std::string> set(std::span<const CrtListBundle> bundles);

  const std::string& path() const { return path_; }

 private:
  /// What tells one version of the file from another.
  struct Version {
    ino_t inode = 0;
    off_t size = 0;
    timespec modified{};
    bool is_same(const Version& other) const;
  };

  base::Result<void, std::string> refresh();
  base::Result<void, std::string> save();
  std::optional<Version> version() const;

  std::string path_;
  std::string folder_;
  haproxy::FileAccess access_;
  haproxy::CrtList list_;
  std::optional<Version> read_;  ///< the version that list_ is of
};

}  // namespace agent

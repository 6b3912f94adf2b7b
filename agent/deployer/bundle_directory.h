#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "agent/model/certificate.h"
#include "base/result.h"
#include "haproxy/asio/files.h"

namespace agent {

/// Where HAProxy finds certificates when it starts.
struct BundlePaths {
  std::string certificate_directory;  ///< absolute; ours alone
  std::string crt_list;               ///< absolute, spelled as in HAProxy's configuration
  haproxy::FileAccess access = {};    ///< of every file written
};

/// The files that HAProxy starts from: a PEM bundle a certificate and the crt-list that names them.
/// Each file is whole at every instant, a bundle exists before its line and its line goes before
/// the bundle, so a HAProxy that starts at any instant finds a consistent set. Lines of the
/// crt-list whose file is not below our folder are the operator's and never touched.
///
/// Blocks: call it from a pool, one call at a time. Errors are sentences that name the path.
class BundleDirectory {
 public:
  explicit BundleDirectory(BundlePaths paths) : paths_(std::move(paths)) {}

  /// Makes folder and crt-list where missing, and removes what a crash left half-written.
  base::Result<void, std::string> prepare() const;

  /// Of these bundle paths (relative), the ones without a file.
  std::vector<std::string> missing(std::span<const std::string> bundle_paths) const;

  /// Writes the bundles, durable when it returns.
  base::Result<void, std::string> write(std::span<const CertificateBundle> bundles) const;

  /// Adds and removes lines (relative bundle paths); rewrites the list only if that changes it.
  base::Result<void, std::string> change_list(std::span<const std::string> add,
                                              std::span<const std::string> remove) const;
  /// Makes our lines exactly these, in any order.
  base::Result<void, std::string> set_list(std::span<const std::string> bundle_paths) const;

  /// REQUIRES: the crt-list has no line for them any more.
  base::Result<void, std::string> remove(std::span<const std::string> bundle_paths) const;

  /// The absolute path, which is the certificate's name in HAProxy.
  std::string path_of(const std::string& bundle_path) const;
  const std::string& crt_list() const { return paths_.crt_list; }
  const std::string& folder() const { return paths_.certificate_directory; }

 private:
  BundlePaths paths_;
};

}  // namespace agent

#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
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
  std::string crt_list;               ///< absolute, spelled as in HAProxy's configuration; of
                                      ///< instances that have none of their own
  haproxy::FileAccess access = {};    ///< of every file written
};

/// The PEM bundles that HAProxy starts from, a file a certificate; the crt-lists that name them are
/// CrtListFile's. Each file is whole at every instant, a bundle exists before its line and its line
/// goes before the bundle, so a HAProxy that starts at any instant finds a consistent set.
///
/// Blocks: call it from a pool, one call at a time. Errors are sentences that name the path.
class BundleDirectory {
 public:
  explicit BundleDirectory(BundlePaths paths) : paths_(std::move(paths)) {}

  /// Removes what a crash left half-written.
  base::Result<void, std::string> prepare() const;

  /// When each of these (relative) was written; nullopt for one without a file.
  std::vector<std::optional<std::chrono::sys_seconds>> written_times(
      std::span<const std::string> bundle_paths) const;

  /// Writes the bundles, durable when it returns.
  base::Result<void, std::string> write(std::span<const CertificateBundle> bundles) const;

  /// REQUIRES: no crt-list has a line for them any more.
  base::Result<void, std::string> remove(std::span<const std::string> bundle_paths) const;

  /// The absolute path, which is the certificate's name in HAProxy.
  std::string path_of(const std::string& bundle_path) const;
  const std::string& folder() const { return paths_.certificate_directory; }

 private:
  BundlePaths paths_;
};

}  // namespace agent

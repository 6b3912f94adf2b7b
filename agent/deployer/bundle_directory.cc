#include "agent/deployer/bundle_directory.h"

#include <sys/stat.h>
#include <utility>

#include "haproxy/pem_bundle.h"

namespace agent {
namespace {

using Done = base::Result<void, std::string>;

Done to_sentence(const base::Result<void, haproxy::FileError>& done) {
  if (done) return {};
  return base::Unexpected(done.error().message());
}

}  // namespace

std::string BundleDirectory::path_of(const std::string& bundle_path) const {
  return paths_.certificate_directory + "/" + bundle_path;
}

Done BundleDirectory::prepare() const {
  const auto swept = haproxy::sweep_temporary_files(paths_.certificate_directory);
  if (!swept) return base::Unexpected(swept.error().message());
  return {};
}

std::vector<std::optional<std::chrono::sys_seconds>> BundleDirectory::written_times(
    std::span<const std::string> bundle_paths) const {
  std::vector<std::optional<std::chrono::sys_seconds>> times;
  times.reserve(bundle_paths.size());
  for (const std::string& bundle_path : bundle_paths) {
    struct stat status {};
    const bool is_there = ::stat(path_of(bundle_path).c_str(), &status) == 0;
    times.emplace_back();
    if (is_there) times.back() = std::chrono::sys_seconds(std::chrono::seconds(status.st_mtime));
  }
  return times;
}

Done BundleDirectory::write(std::span<const CertificateBundle> bundles) const {
  std::vector<haproxy::FileContent> files;
  files.reserve(bundles.size());
  for (const CertificateBundle& bundle : bundles) {
    const std::string path = path_of(bundle.certificate.bundle_path);
    const auto pem = haproxy::PemBundle::make(bundle.private_key_pem, bundle.chain_pem);
    if (!pem) return base::Unexpected(path + ": " + pem.error().detail);
    files.push_back({path, pem->text()});
  }
  return to_sentence(haproxy::write_files(files, paths_.access));
}

Done BundleDirectory::remove(std::span<const std::string> bundle_paths) const {
  std::vector<std::string> paths;
  for (const std::string& bundle_path : bundle_paths) paths.push_back(path_of(bundle_path));
  return to_sentence(haproxy::remove_files(paths));
}

}  // namespace agent

#include "agent/deployer/bundle_directory.h"

#include <cerrno>
#include <unistd.h>
#include <unordered_set>
#include <utility>

#include "haproxy/crt_list.h"
#include "haproxy/names.h"
#include "haproxy/pem_bundle.h"

namespace agent {
namespace {

constexpr std::size_t max_list_bytes = std::size_t{256} << 20;  // as CrtList::parse()

using Done = base::Result<void, std::string>;

Done to_sentence(const base::Result<void, haproxy::FileError>& done) {
  if (done) return {};
  return base::Unexpected(done.error().message());
}

base::Result<haproxy::CrtList, std::string> load_list(const std::string& path) {
  const auto text = haproxy::read_file(path, max_list_bytes);
  if (!text && text.error().code == std::errc::no_such_file_or_directory) {
    return haproxy::CrtList();
  }
  if (!text) return base::Unexpected(text.error().message());
  auto list = haproxy::CrtList::parse(*text);
  if (list) return std::move(*list);
  return base::Unexpected(path + ":" + std::to_string(list.error().line) + ": " +
                          list.error().detail);
}

/// A path that bundle_path() made below a folder that the configuration has checked.
haproxy::CertificateName to_name(const std::string& path) {
  return *haproxy::CertificateName::parse(path);
}

}  // namespace

std::string BundleDirectory::path_of(const std::string& bundle_path) const {
  return paths_.certificate_directory + "/" + bundle_path;
}

Done BundleDirectory::prepare() const {
  const auto swept = haproxy::sweep_temporary_files(paths_.certificate_directory);
  if (!swept) return base::Unexpected(swept.error().message());
  const auto list = haproxy::read_file(paths_.crt_list, max_list_bytes);
  if (list || list.error().code != std::errc::no_such_file_or_directory) return {};
  // HAProxy refuses to start without the file, and takes an empty one with strict-sni.
  return to_sentence(haproxy::write_file({paths_.crt_list, {}}, paths_.access));
}

std::vector<std::string> BundleDirectory::missing(std::span<const std::string> bundle_paths) const {
  std::vector<std::string> absent;
  for (const std::string& bundle_path : bundle_paths) {
    if (::access(path_of(bundle_path).c_str(), F_OK) != 0) absent.push_back(bundle_path);
  }
  return absent;
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

Done BundleDirectory::change_list(std::span<const std::string> add,
                                  std::span<const std::string> remove) const {
  auto list = load_list(paths_.crt_list);
  if (!list) return base::Unexpected(list.error());
  bool changed = false;
  for (const std::string& path : add) changed |= list->add(to_name(path_of(path)));
  for (const std::string& path : remove) changed |= list->remove(to_name(path_of(path))) > 0;
  if (!changed) return {};
  return to_sentence(haproxy::write_file({paths_.crt_list, list->encode()}, paths_.access));
}

Done BundleDirectory::set_list(std::span<const std::string> bundle_paths) const {
  const auto list = load_list(paths_.crt_list);
  if (!list) return base::Unexpected(list.error());
  const std::string ours = paths_.certificate_directory + "/";
  const std::unordered_set<std::string> wanted(bundle_paths.begin(), bundle_paths.end());
  std::vector<std::string> leftover;
  for (const std::string& path : list->paths()) {
    const bool foreign = !path.starts_with(ours);
    if (!foreign && !wanted.contains(path.substr(ours.size()))) {
      leftover.push_back(path.substr(ours.size()));
    }
  }
  return change_list(bundle_paths, leftover);
}

Done BundleDirectory::remove(std::span<const std::string> bundle_paths) const {
  std::vector<std::string> paths;
  for (const std::string& bundle_path : bundle_paths) paths.push_back(path_of(bundle_path));
  return to_sentence(haproxy::remove_files(paths));
}

}  // namespace agent

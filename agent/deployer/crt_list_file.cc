#include "agent/deployer/crt_list_file.h"

#include <sys/stat.h>
#include <unordered_set>
#include <vector>

#include "haproxy/names.h"

namespace agent {
namespace {

constexpr std::size_t max_list_bytes = std::size_t{256} << 20;  // as CrtList::parse()

using Done = base::Result<void, std::string>;

}  // namespace

haproxy::CrtListLine line_for(const haproxy::CertificateName& name, const std::string& sni) {
  if (sni.empty()) return haproxy::CrtListLine(name);
  return haproxy::CrtListLine::make(name, "", {sni}).value();  // a DNS name is a plain word
}

bool CrtListFile::Version::is_same(const Version& other) const {
  return inode == other.inode && size == other.size && modified.tv_sec == other.modified.tv_sec &&
         modified.tv_nsec == other.modified.tv_nsec;
}

std::optional<CrtListFile::Version> CrtListFile::version() const {
  struct stat status {};
  if (::stat(path_.c_str(), &status) != 0) return std::nullopt;
  return Version{status.st_ino, status.st_size, status.st_mtim};
}

Done CrtListFile::prepare() {
  const auto text = haproxy::read_file(path_, max_list_bytes);
  if (text || text.error().code != std::errc::no_such_file_or_directory) return {};
  const auto written = haproxy::write_file({path_, {}}, access_);
  return written ? Done() : Done(base::Unexpected(written.error().message()));
}

Done CrtListFile::refresh() {
  const auto now = version();
  if (now && read_ && now->is_same(*read_)) return {};
  read_.reset();
  const auto text = haproxy::read_file(path_, max_list_bytes);
  if (!text && text.error().code == std::errc::no_such_file_or_directory) {
    list_ = {};
    return {};
  }
  if (!text) return base::Unexpected(text.error().message());
  auto list = haproxy::CrtList::parse(*text);
  if (!list) {
    return base::Unexpected(path_ + ":" + std::to_string(list.error().line) + ": " +
                            list.error().detail);
  }
  list_ = std::move(*list);
  read_ = now;  // of before the reading: a change in between is read next time
  return {};
}

Done CrtListFile::save() {
  const auto written = haproxy::write_file({path_, list_.encode()}, access_);
  read_.reset();
  if (!written) return base::Unexpected(written.error().message());
  read_ = version();
  return {};
}

Done CrtListFile::change(std::span<const CrtListBundle> add, std::span<const std::string> remove) {
  if (Done fresh = refresh(); !fresh) return fresh;
  // A path that bundle_path() made below a folder that the configuration has checked.
  const auto name = [this](const std::string& bundle_path) {
    return *haproxy::CertificateName::parse(folder_ + "/" + bundle_path);
  };
  bool changed = false;
  for (const CrtListBundle& one : add) changed |= list_.add(line_for(name(one.path), one.sni));
  for (const std::string& path : remove) changed |= list_.remove(name(path)) > 0;
  return changed ? save() : Done();
}

Done CrtListFile::set(std::span<const CrtListBundle> bundles) {
  if (Done fresh = refresh(); !fresh) return fresh;
  const std::string ours = folder_ + "/";
  std::unordered_set<std::string_view> wanted;
  for (const CrtListBundle& one : bundles) wanted.insert(one.path);
  std::vector<std::string> leftover;
  for (const std::string& path : list_.paths()) {
    const bool foreign = !path.starts_with(ours) || haproxy::check_name(path);
    if (!foreign && !wanted.contains(std::string_view(path).substr(ours.size()))) {
      leftover.push_back(path.substr(ours.size()));
    }
  }
  return change(bundles, leftover);
}

}  // namespace agent

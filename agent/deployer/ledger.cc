#include "agent/deployer/ledger.h"

#include <cerrno>
#include <fcntl.h>
#include <string_view>
#include <system_error>
#include <unistd.h>

#include "haproxy/asio/files.h"

namespace agent {
namespace {

constexpr std::size_t max_file = std::size_t{256} << 20;

std::string header_of(const ProcessIdentity& process) {
  return "acme-spoa ledger 1 pid " + std::to_string(process.pid) + " started " +
         std::to_string(process.started.time_since_epoch().count()) + "\n";
}

/// `fingerprint path` lines; one that a crash has cut short is left out.
Ledger::Entries parse_entries(std::string_view text) {
  constexpr std::size_t fingerprint_size = 40;
  Ledger::Entries entries;
  for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (line.size() < fingerprint_size + 2 || line[fingerprint_size] != ' ') continue;
    entries.insert_or_assign(std::string(line.substr(fingerprint_size + 1)),
                             haproxy::Fingerprint(std::string(line.substr(0, fingerprint_size))));
  }
  return entries;
}

}  // namespace

Ledger::Entries Ledger::open(const ProcessIdentity& process) {
  unwritten_.clear();
  is_usable_ = !file_.empty();
  if (!is_usable_) return {};
  const std::string header = header_of(process);
  const auto text = haproxy::read_file(file_, max_file);
  Entries entries;
  if (text && text->starts_with(header)) {
    entries = parse_entries(std::string_view(*text).substr(header.size()));
  }
  // Written anew each time: as short as it can be, and whole.
  std::string compact = header;
  for (const auto& [path, fingerprint] : entries) {
    compact += fingerprint.value() + " " + path + "\n";
  }
  is_usable_ = haproxy::write_file({file_, std::move(compact)}).has_value();
  return entries;
}

void Ledger::note(const std::string& path, const haproxy::Fingerprint& fingerprint) {
  if (is_usable_) unwritten_ += fingerprint.value() + " " + path + "\n";
}

base::Result<void, std::string> Ledger::flush() {
  if (unwritten_.empty()) return {};
  const int fd = ::open(file_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  const ssize_t written = fd < 0 ? -1 : ::write(fd, unwritten_.data(), unwritten_.size());
  const int error = errno;
  if (fd >= 0) ::close(fd);
  // Half a line would run into the next: then there are no more of them.
  is_usable_ = written == static_cast<ssize_t>(unwritten_.size());
  unwritten_.clear();
  if (is_usable_) return {};
  return base::Unexpected(file_ + ": " +
                          std::generic_category().message(written < 0 ? error : ENOSPC));
}

}  // namespace agent

#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "haproxy/listing_diff.h"

namespace agent {

/// One life of a HAProxy process.
struct ProcessIdentity {
  long pid = 0;
  std::chrono::sys_seconds started{};
  friend bool operator==(const ProcessIdentity&, const ProcessIdentity&) = default;
};

/// What certificates a HAProxy process was given at runtime since it started, so that an agent that
/// comes back need not ask it for each. A file of one line a change behind a line that names the
/// process; not flushed to disk, since the process does not survive the machine either. A line that
/// is missing costs a question or a second renewal; none is ever written before HAProxy has said
/// yes, so that no line claims too much.
///
/// `started` is compared too: another start with the same pid is another process. Blocks in open()
/// and flush(): call these from a pool, and nothing meanwhile.
class Ledger {
 public:
  using Entries = std::map<std::string, haproxy::Fingerprint, std::less<>>;

  /// Empty for a ledger in memory only.
  explicit Ledger(std::string file) : file_(std::move(file)) {}

  /// Goes on with that process: what was written for it, or nothing if the file is of another one.
  Entries open(const ProcessIdentity& process);
  void note(const std::string& path, const haproxy::Fingerprint& fingerprint);
  /// Writes what was noted. The error is a sentence; the ledger then has less than it should, which
  /// does no harm.
  base::Result<void, std::string> flush();

 private:
  const std::string file_;
  std::string unwritten_;
  bool is_usable_ = false;
};

}  // namespace agent

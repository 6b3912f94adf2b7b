#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "haproxy/errc.h"
#include "haproxy/runtime_command.h"
#include "haproxy/runtime_version.h"

namespace haproxy {

struct Changed {  ///< the change that was asked for is made
  friend bool operator==(const Changed&, const Changed&) = default;
};

/// `show info`: enough to notice that another process answers now, or that this one is to go.
struct ProcessInfo {
  Version version;
  long pid = 0;
  std::chrono::seconds uptime{};  ///< since it has loaded everything
  bool stopping = false;
  /// When it began to load its files, in whole seconds of its wall clock; nullopt if this version
  /// does not say. What was written before is what it has loaded.
  std::optional<std::chrono::sys_seconds> started = std::nullopt;
  unsigned threads = 1;
  friend bool operator==(const ProcessInfo&, const ProcessInfo&) = default;
};

/// `show ssl cert`. Names are HAProxy's own and may be anybody's: parse them before use.
struct CertificateListing {
  std::optional<std::string> transaction;  ///< whose transaction is open
  std::vector<std::string> names;          ///< sorted
  friend bool operator==(const CertificateListing&, const CertificateListing&) = default;
};

enum class CertificateStatus {
  empty,   ///< after `new`
  unused,  ///< in no crt-list
  used,    ///< by a crt-list, or for checking tokens
  uncommitted,
};

/// `show ssl cert NAME`, what identifies it.
struct CertificateDetails {
  CertificateStatus status = CertificateStatus::empty;
  std::string serial;            ///< upper-case hexadecimal
  std::string not_after;         ///< as OpenSSL prints it: `Dec 24 02:15:19 2026 GMT`
  std::string sha1_fingerprint;  ///< of the DER leaf, upper-case hexadecimal
  std::vector<std::string> dns_names;
  friend bool operator==(const CertificateDetails&, const CertificateDetails&) = default;
};

struct CrtListNames {
  std::vector<std::string> names;
  friend bool operator==(const CrtListNames&, const CrtListNames&) = default;
};

struct ListedEntry {
  CrtListEntry entry;
  unsigned line = 0;  ///< what `del ssl crt-list L F:line` takes
  friend bool operator==(const ListedEntry&, const ListedEntry&) = default;
};
struct CrtListListing {
  std::vector<ListedEntry> entries;
  friend bool operator==(const CrtListListing&, const CrtListListing&) = default;
};

using Reply = std::variant<Changed,
                           Version,
                           ProcessInfo,
                           CertificateListing,
                           CertificateDetails,
                           CrtListNames,
                           CrtListListing>;

/// What HAProxy 2.4 to 3.5 means by the text it gave to the command: the alternative of Reply that
/// belongs to it, or the error. Success is only what names our certificate and our list. A text
/// that is no known outcome is Errc::unexpected_reply. Errors carry HAProxy's text as detail, cut
/// at 2048 bytes; Errc::misdirected carries the name of the certificate it hit.
base::Result<Reply, RuntimeError> parse_reply(const Command& command, std::string_view text);

/// The line numbers in the text of Errc::several_entries and Errc::wrong_line: `... colons (6,
/// 7)!`.
std::vector<unsigned> parse_entry_lines(std::string_view detail);

}  // namespace haproxy

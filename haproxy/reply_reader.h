#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "haproxy/errc.h"

namespace haproxy {

/// Whose prompt ends a reply.
enum class PromptStyle {
  process,  ///< `> `
  master,   ///< `master> `, `master[ReloadFailed]> `, and `1234> ` once a worker is selected
};

/// Cuts the replies out of a prompt-mode session: a reply is over where the bytes so far end in LF
/// `> `, or are exactly `> ` (HAProxy's management.txt §9.3); a master's prompt has a word before
/// it. Some error replies have an empty line inside, so nothing else ends a reply on all versions.
/// No I/O. Use: read into prepare(), then commit() what arrived. REQUIRES: one command at a time,
/// the next one after its reply.
class ReplyReader {
 public:
  /// A listing has about 100 bytes a certificate, the help text 30 kB.
  explicit ReplyReader(std::size_t max_reply = std::size_t{128} << 20,
                       PromptStyle style = PromptStyle::process)
      : max_reply_(max_reply), style_(style) {}

  std::span<char> prepare();  ///< space for the next read; never empty
  /// The whole reply without prompt and trailing LFs, or nullopt if more bytes are needed.
  /// Errc::protocol_error if it is longer than max_reply or has a prompt inside, that is, if it is
  /// two replies; the reader is of no use then. REQUIRES: n <= size of the last prepare().
  base::Result<std::optional<std::string>> commit(std::size_t n);
  /// What has arrived of a reply that is not over, such as the last words before a closed
  /// connection.
  std::string_view partial() const { return std::string_view(buffer_).substr(0, used_); }

 private:
  std::string buffer_;
  std::size_t used_ = 0;  ///< bytes at the front of buffer_ that have arrived
  std::size_t max_reply_;
  PromptStyle style_;
};

}  // namespace haproxy

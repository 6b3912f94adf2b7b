#include "haproxy/reply_reader.h"

#include <algorithm>

namespace haproxy {
namespace {

constexpr std::size_t chunk = 65536;
constexpr std::string_view prompt = "> ";
constexpr std::string_view prompt_line = "\n> ";

}  // namespace

std::span<char> ReplyReader::prepare() {
  if (buffer_.size() - used_ < chunk / 4) buffer_.resize(std::max(chunk, 2 * buffer_.size()));
  return std::span(buffer_).subspan(used_);
}

base::Result<std::optional<std::string>> ReplyReader::commit(std::size_t n) {
  used_ += n;
  std::string_view text = partial();
  if (text != prompt && !text.ends_with(prompt_line)) {
    if (used_ > max_reply_) return base::Unexpected(make_error_code(Errc::protocol_error));
    return std::optional<std::string>();
  }
  text.remove_suffix(prompt.size());
  while (text.ends_with('\n')) text.remove_suffix(1);
  // Two replies in one: the session has lost step.
  if (text.find(prompt_line) != std::string_view::npos)
    return base::Unexpected(make_error_code(Errc::protocol_error));
  std::optional<std::string> reply(text);
  used_ = 0;
  if (buffer_.size() > chunk) buffer_ = {};  // a listing's space is not kept
  return reply;
}

}  // namespace haproxy

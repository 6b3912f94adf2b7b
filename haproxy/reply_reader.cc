#include "haproxy/reply_reader.h"

#include <algorithm>

namespace haproxy {
namespace {

constexpr std::size_t chunk = 65536;
constexpr std::string_view prompt = "> ";
constexpr std::string_view prompt_line = "\n> ";

/// What stands before `> ` in a master's prompt.
bool is_prompt_word(std::string_view word) {
  if (word == "master" || word == "master[ReloadFailed]") return true;
  return !word.empty() && word.find_first_not_of("0123456789") == std::string_view::npos;
}

/// The size of the prompt that the text ends in; 0 if it does not.
std::size_t prompt_size(std::string_view text, PromptStyle style) {
  if (!text.ends_with(prompt)) return 0;
  const std::size_t last = text.rfind('\n');
  const std::string_view line = last == std::string_view::npos ? text : text.substr(last + 1);
  if (line == prompt) return line.size();
  const bool named =
      style == PromptStyle::master && is_prompt_word(line.substr(0, line.size() - prompt.size()));
  return named ? line.size() : 0;
}

}  // namespace

std::span<char> ReplyReader::prepare() {
  if (buffer_.size() - used_ < chunk / 4) buffer_.resize(std::max(chunk, 2 * buffer_.size()));
  return std::span(buffer_).subspan(used_);
}

base::Result<std::optional<std::string>> ReplyReader::commit(std::size_t n) {
  used_ += n;
  std::string_view text = partial();
  const std::size_t ending = prompt_size(text, style_);
  if (ending == 0) {
    if (used_ > max_reply_) return base::Unexpected(make_error_code(Errc::protocol_error));
    return std::optional<std::string>();
  }
  text.remove_suffix(ending);
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

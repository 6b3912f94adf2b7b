#include "haproxy/pem_blocks.h"

#include <algorithm>
#include <optional>

namespace haproxy {
namespace {

constexpr std::string_view begin_mark = "-----BEGIN ";
constexpr std::string_view end_mark = "-----END ";
constexpr std::string_view dashes = "-----";
constexpr std::size_t line_width = 64;  // RFC 7468 §3
constexpr std::size_t max_label = 64;

std::string_view without_blanks(std::string_view text) {
  constexpr std::string_view blank = " \t\r\v\f";
  const std::size_t first = text.find_first_not_of(blank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

/// The label if the line is `<mark>LABEL-----`.
std::optional<std::string_view> label_of(std::string_view line, std::string_view mark) {
  if (!line.starts_with(mark) || line.size() < mark.size() + dashes.size() ||
      !line.ends_with(dashes))
    return std::nullopt;
  return line.substr(mark.size(), line.size() - mark.size() - dashes.size());
}

bool is_base64(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
         c == '/';
}

/// Whole groups of four, padding at the end only.
bool is_padded_base64(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0) return false;
  std::size_t padding = 0;
  while (padding < 2 && text.ends_with('=')) text.remove_suffix(1), ++padding;
  return std::all_of(text.begin(), text.end(), is_base64);
}

/// Goes through the lines; between blocks there is no open block.
class Scanner {
 public:
  explicit Scanner(std::size_t max_blocks) : max_blocks_(max_blocks) {}

  /// The next line, trimmed. An empty detail means that all is well.
  std::string add(std::string_view line, std::size_t number) {
    const auto begins = label_of(line, begin_mark);
    if (!open_) return begins ? open(*begins, number) : std::string();
    if (begins) return "the block of line " + std::to_string(open_->line) + " does not end";
    if (const auto ends = label_of(line, end_mark)) return close(*ends);
    if (line.find(':') != std::string_view::npos)
      return "a header inside a block; an encrypted key must be decrypted first";
    open_->base64 += line;
    return {};
  }
  const std::optional<PemBlock>& open_block() const { return open_; }
  std::vector<PemBlock> take() { return std::move(blocks_); }

 private:
  std::string open(std::string_view label, std::size_t number) {
    if (blocks_.size() == max_blocks_)
      return "more than " + std::to_string(max_blocks_) + " blocks";
    if (label.size() > max_label) return "a label longer than 64 characters";
    open_ = PemBlock{std::string(label), {}, number};
    return {};
  }
  std::string close(std::string_view label) {
    if (label != open_->label)
      return "the block of line " + std::to_string(open_->line) + " ends with another label";
    if (!is_padded_base64(open_->base64))
      return "the block of line " + std::to_string(open_->line) + " is not base64";
    blocks_.push_back(std::move(*open_));
    open_.reset();
    return {};
  }

  std::size_t max_blocks_;
  std::vector<PemBlock> blocks_;
  std::optional<PemBlock> open_;
};

}  // namespace

base::Result<std::vector<PemBlock>, DocumentError> parse_pem_blocks(std::string_view document,
                                                                    std::size_t max_blocks) {
  Scanner scanner(max_blocks);
  std::size_t number = 0;
  while (!document.empty()) {
    const std::size_t end = std::min(document.find('\n'), document.size());
    ++number;
    if (std::string detail = scanner.add(without_blanks(document.substr(0, end)), number);
        !detail.empty())
      return document_failure(number, std::move(detail));
    document.remove_prefix(std::min(end + 1, document.size()));
  }
  if (scanner.open_block())
    return document_failure(scanner.open_block()->line, "the block does not end");
  return scanner.take();
}

std::string encode_pem_block(const PemBlock& block) {
  std::string text = std::string(begin_mark) + block.label + std::string(dashes) + "\n";
  for (std::string_view rest = block.base64; !rest.empty();) {
    const std::string_view line = rest.substr(0, line_width);
    text.append(line).append("\n");
    rest.remove_prefix(line.size());
  }
  return text.append(end_mark).append(block.label).append(dashes).append("\n");
}

}  // namespace haproxy

#include "haproxy/crt_list_line.h"

namespace haproxy {
namespace {

using base::Result;
using base::Unexpected;

constexpr std::size_t max_line = 65535;
constexpr std::size_t max_words = 2048;
constexpr std::size_t max_filters = 2000;  // as measured: 2,000 load, 2,100 do not
constexpr std::string_view blanks = " \t\r\n\v\f";

/// The text up to and from the brackets, all without them.
struct Sections {
  std::string_view before;
  std::string_view inside;
  std::string_view after;
  bool bracketed = false;
};

Result<Sections, std::string> split_at_brackets(std::string_view line) {
  const std::size_t opening = line.find('[');
  const std::size_t closing = line.find(']');
  if (opening == std::string_view::npos && closing == std::string_view::npos)
    return Sections{line, {}, {}, false};
  const bool paired = opening != std::string_view::npos && closing != std::string_view::npos &&
                      opening < closing && line.find('[', opening + 1) == std::string_view::npos &&
                      line.find(']', closing + 1) == std::string_view::npos;
  if (!paired) return Unexpected<std::string>("the brackets do not match");
  return Sections{line.substr(0, opening),
                  line.substr(opening + 1, closing - opening - 1),
                  line.substr(closing + 1),
                  true};
}

std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words;
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
    if (text.empty()) return words;
    const std::size_t end = std::min(text.find_first_of(blanks), text.size());
    words.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

}  // namespace

Result<std::optional<CrtListEntry>, std::string> parse_crt_list_line(std::string_view line) {
  if (line.size() > max_line) return Unexpected<std::string>("the line is longer than 65535 bytes");
  if (line.find('\0') != std::string_view::npos)
    return Unexpected<std::string>("there is a NUL in the line");
  if (line.starts_with('#') || trim(line).empty()) return std::optional<CrtListEntry>();
  const auto sections = split_at_brackets(line);
  if (!sections) return Unexpected(sections.error());
  std::vector<std::string> words = split_words(sections->before);
  if (words.empty()) return Unexpected<std::string>("the line does not begin with a file name");
  if (sections->bracketed && words.size() > 1)
    return Unexpected<std::string>("the options must stand right after the file name");
  CrtListEntry entry{std::move(words.front()), std::string(trim(sections->inside)), {}};
  const std::size_t options = split_words(sections->inside).size();
  words.erase(words.begin());
  entry.filters = sections->bracketed ? split_words(sections->after) : std::move(words);
  if (1 + options + entry.filters.size() > max_words)
    return Unexpected<std::string>("the line has more than 2048 words");
  return std::optional(std::move(entry));
}

Result<CrtListLine, std::string> CrtListLine::make(CertificateName name,
                                                   std::string options,
                                                   std::vector<std::string> filters) {
  if (filters.size() > max_filters) return Unexpected<std::string>("more than 2000 filters");
  CrtListLine line(std::move(name));
  line.options_ = std::move(options);
  line.filters_ = std::move(filters);
  const std::string text = line.encode();
  if (text.find('\n') != std::string::npos) return Unexpected<std::string>("a line break");
  const auto read = parse_crt_list_line(text);
  if (!read) return Unexpected(read.error());
  const CrtListEntry meant{line.name_.text(), line.options_, line.filters_};
  if (read->value() != meant)
    return Unexpected<std::string>("an option or a filter is not plain words");
  return line;
}

std::string CrtListLine::encode() const {
  std::string text = name_.text();
  if (!options_.empty()) text.append(" [").append(options_).append("]");
  for (const std::string& filter : filters_) text.append(" ").append(filter);
  return text;
}

}  // namespace haproxy

#include "haproxy/runtime_reply.h"

#include <algorithm>
#include <charconv>

#include "haproxy/runtime_error_text.h"

namespace haproxy {
namespace {

using base::Result;
using base::Unexpected;
using Outcome = Result<Reply, RuntimeError>;

constexpr std::size_t max_detail = 2048;  // the line numbers of several entries stand at its end

Unexpected<RuntimeError> error(Errc code, std::string_view text) {
  return Unexpected(RuntimeError{code, std::string(text.substr(0, max_detail))});
}

/// What the text means if it is not the success that was looked for.
Unexpected<RuntimeError> failure(std::string_view text) {
  return error(parse_error_text(text).value_or(Errc::unexpected_reply), text);
}

Outcome changed_if(bool success, std::string_view text) {
  if (success) return Reply(Changed{});
  return failure(text);
}

/// The next line without its LF.
std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) lines.emplace_back(take_line(text));
  return lines;
}

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (ec != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// The value of the line `key: value`, or nullopt.
std::optional<std::string_view> value_of(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    if (line.starts_with(key) && line.substr(key.size()).starts_with(": "))
      return line.substr(key.size() + 2);
  }
  return std::nullopt;
}

// Prompts of the payload's lines, which 2.6 prints before the reply.
std::string_view without_payload_prompts(std::string_view text) {
  constexpr std::string_view payload_prompt = "+ ";
  while (text.starts_with(payload_prompt)) text.remove_prefix(payload_prompt.size());
  return text;
}

// One dot a bind line follows the beginning, and warnings may follow that; the last line decides.
bool succeeded(std::string_view text, std::string_view beginning) {
  if (!text.starts_with(beginning) || !text.ends_with("\nSuccess!")) return false;
  const std::size_t end = text.find_first_not_of('.', beginning.size());
  return text[end] == '\n';
}

Outcome parse_set(const SetCertificate& command, std::string_view text) {
  for (const std::string_view beginning :
       {"Transaction created for certificate ", "Transaction updated for certificate "}) {
    if (!text.starts_with(beginning) || !text.ends_with('!')) continue;
    const std::string_view name = text.substr(beginning.size(), text.size() - beginning.size() - 1);
    if (name == command.name.text()) return Reply(Changed{});
    return error(Errc::misdirected, name);
  }
  return failure(text);
}

Outcome parse_info(std::string_view text) {
  const auto version_text = value_of(text, "Version");
  const auto pid = parse_number<long>(value_of(text, "Pid").value_or(""));
  const auto uptime = parse_number<std::int64_t>(value_of(text, "Uptime_sec").value_or(""));
  const auto version = parse_version(version_text.value_or(""));
  if (!version || !pid || !uptime) return failure(text);
  const bool stopping = value_of(text, "Stopping").value_or("0") != "0";
  ProcessInfo info{*version, *pid, std::chrono::seconds(*uptime), stopping};
  if (const auto start =
          parse_number<std::int64_t>(value_of(text, "Start_time_sec").value_or(""))) {
    info.started = std::chrono::sys_seconds(std::chrono::seconds(*start));
  }
  info.threads = parse_number<unsigned>(value_of(text, "Nbthread").value_or("")).value_or(1);
  return Reply(info);
}

Outcome parse_listing(std::string_view text) {
  CertificateListing listing;
  std::string_view rest = text;
  if (rest.starts_with("# transaction\n*")) {
    take_line(rest);
    listing.transaction = take_line(rest).substr(1);
  }
  if (rest.empty()) return Reply(std::move(listing));
  if (take_line(rest) != "# filename") return failure(text);
  listing.names = lines_of(rest);
  return Reply(std::move(listing));
}

std::optional<CertificateStatus> parse_status(std::string_view text) {
  if (text == "Empty") return CertificateStatus::empty;
  if (text == "Unused") return CertificateStatus::unused;
  if (text == "Uncommitted") return CertificateStatus::uncommitted;
  if (text.starts_with("Used")) return CertificateStatus::used;  // also "for JWT verification"
  return std::nullopt;
}

std::vector<std::string> parse_alternative_names(std::string_view text) {
  constexpr std::string_view separator = ", ";
  constexpr std::string_view kind = "DNS:";
  std::vector<std::string> names;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    const std::string_view name = text.substr(0, end);
    if (name.starts_with(kind)) names.emplace_back(name.substr(kind.size()));
    text.remove_prefix(std::min(end + separator.size(), text.size()));
  }
  return names;
}

Outcome parse_details(std::string_view text) {
  const auto status = parse_status(value_of(text, "Status").value_or(""));
  if (!text.starts_with("Filename: ") || !status) return failure(text);
  return Reply(CertificateDetails{
      *status,
      std::string(value_of(text, "Serial").value_or("")),
      std::string(value_of(text, "notAfter").value_or("")),
      std::string(value_of(text, "SHA1 FingerPrint").value_or("")),
      parse_alternative_names(value_of(text, "Subject Alternative Name").value_or(""))});
}

/// `F:line [options] filters`; what HAProxy has loaded is never refused here.
std::optional<ListedEntry> parse_listed_entry(std::string_view line) {
  auto parsed = parse_crt_list_line(line);
  const bool read = parsed && *parsed;
  CrtListEntry entry = read ? std::move(**parsed)
                            : CrtListEntry{std::string(line.substr(0, line.find(' '))), {}, {}};
  const std::size_t colon = entry.path.rfind(':');
  if (colon == std::string::npos) return std::nullopt;
  const auto number = parse_number<unsigned>(std::string_view(entry.path).substr(colon + 1));
  if (!number) return std::nullopt;
  entry.path.resize(colon);
  return ListedEntry{std::move(entry), *number};
}

Outcome parse_crt_list_listing(const ShowCrtList& command, std::string_view text) {
  std::string clean(text);
  std::erase(clean, '\0');  // one follows an alpn value, in every version
  std::string_view rest = clean;
  if (take_line(rest) != "# " + command.list.text()) return failure(text);
  CrtListListing listing;
  while (!rest.empty()) {
    const std::string_view line = take_line(rest);
    auto entry = parse_listed_entry(line);
    if (!entry) return error(Errc::unexpected_reply, line);
    listing.entries.push_back(std::move(*entry));
  }
  return Reply(std::move(listing));
}

struct Parser {
  std::string_view text;

  Outcome operator()(const Prompt&) const { return changed_if(text.empty(), text); }
  Outcome operator()(const SelectWorker&) const { return changed_if(text.empty(), text); }
  Outcome operator()(const ShowVersion&) const {
    const auto version = parse_version(text);
    if (!version) return failure(text);
    return Reply(*version);
  }
  Outcome operator()(const ShowInfo&) const { return parse_info(text); }
  Outcome operator()(const NewCertificate& c) const {
    return changed_if(text == "New empty certificate store '" + c.name.text() + "'!", text);
  }
  Outcome operator()(const SetCertificate& c) const {
    return parse_set(c, without_payload_prompts(text));
  }
  Outcome operator()(const CommitCertificate& c) const {
    return changed_if(succeeded(text, "Committing " + c.name.text()), text);
  }
  Outcome operator()(const AbortCertificate& c) const {
    return changed_if(text == "Transaction aborted for certificate '" + c.name.text() + "'!", text);
  }
  Outcome operator()(const DeleteCertificate& c) const {
    return changed_if(text == "Certificate '" + c.name.text() + "' deleted!", text);
  }
  Outcome operator()(const AddToCrtList& c) const {
    const std::string_view reply = without_payload_prompts(text);
    return changed_if(succeeded(reply,
                                "Inserting certificate '" + c.line.name().text() +
                                    "' in crt-list '" + c.list.text() + "'"),
                      reply);
  }
  Outcome operator()(const DeleteFromCrtList& c) const {
    return changed_if(
        text == "Entry '" + c.name.text() + "' deleted in crtlist '" + c.list.text() + "'!", text);
  }
  Outcome operator()(const ShowCertificates&) const { return parse_listing(text); }
  Outcome operator()(const ShowCertificate&) const { return parse_details(text); }
  Outcome operator()(const ShowCrtLists&) const {
    if (parse_error_text(text)) return failure(text);
    return Reply(CrtListNames{lines_of(text)});
  }
  Outcome operator()(const ShowCrtList& c) const { return parse_crt_list_listing(c, text); }
};

}  // namespace

Outcome parse_reply(const Command& command, std::string_view text) {
  Outcome outcome = std::visit(Parser{text}, command);
  if (!outcome) outcome.error().command = to_string(command);
  return outcome;
}

std::vector<unsigned> parse_entry_lines(std::string_view detail) {
  std::vector<unsigned> lines;
  const std::size_t opening = detail.rfind('(');
  if (opening == std::string_view::npos) return lines;
  std::string_view rest = detail.substr(opening + 1);
  while (true) {
    const std::size_t end = std::min(rest.find_first_not_of("0123456789"), rest.size());
    const auto number = parse_number<unsigned>(rest.substr(0, end));
    rest.remove_prefix(end);
    const bool whole = rest.starts_with(", ") || rest.starts_with(')');  // the detail may be cut
    if (!number || !whole) return lines;
    lines.push_back(*number);
    if (rest.front() == ')') return lines;
    rest.remove_prefix(2);
  }
}

}  // namespace haproxy

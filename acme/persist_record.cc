#include "acme/persist_record.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <vector>

namespace acme {
namespace {

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::string lowered(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

std::vector<std::string_view> parts_of(std::string_view record) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = record.find(';');
    parts.push_back(trimmed(record.substr(0, end)));
    if (end == std::string_view::npos) return parts;
    record.remove_prefix(end + 1);
  }
}

/// By lower-case tag; nullopt if the record is void.
using Tags = std::map<std::string, std::string_view>;
std::optional<Tags> tags_of(std::span<const std::string_view> parts) {
  Tags tags;
  for (const std::string_view part : parts) {
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const std::string tag = lowered(trimmed(part.substr(0, equals)));
    if (!tags.emplace(tag, trimmed(part.substr(equals + 1))).second) return std::nullopt;
  }
  return tags;
}

bool is_over(std::string_view until, base::WallTime now) {
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(until.data(), until.data() + until.size(), seconds);
  if (error != std::errc() || end != until.data() + until.size()) return true;
  return std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count() > seconds;
}

}  // namespace

std::string persist_name(const Identifier& identifier) {
  return "_validation-persist." + std::string(identifier.name().bare());
}

std::string persist_record(std::string_view issuer_domain,
                           std::string_view account_url,
                           const Identifier& identifier,
                           std::optional<base::WallTime> until) {
  std::string record(issuer_domain);
  record += "; accounturi=" + std::string(account_url);
  if (identifier.name().is_wildcard()) record += "; policy=wildcard";
  if (until) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(*until).time_since_epoch();
    record += "; persistUntil=" + std::to_string(seconds.count());
  }
  return record;
}

bool persist_record_allows(std::string_view record,
                           const PersistQuestion& question,
                           base::WallTime now) {
  const std::vector<std::string_view> parts = parts_of(record);
  const std::string issuer = lowered(parts.front());
  const auto& domains = question.issuer_domains;
  if (std::find(domains.begin(), domains.end(), issuer) == domains.end()) return false;
  const std::optional<Tags> tags = tags_of(std::span(parts).subspan(1));
  if (!tags) return false;
  const auto value_of = [&tags](const char* tag) -> std::optional<std::string_view> {
    const auto found = tags->find(tag);
    return found == tags->end() ? std::nullopt : std::optional(found->second);
  };
  if (value_of("accounturi") != question.account_url) return false;
  const bool is_for_all = lowered(value_of("policy").value_or("")) == "wildcard";
  if (question.identifier.name().is_wildcard() && !is_for_all) return false;
  const auto until = value_of("persistuntil");
  return !until || !is_over(*until, now);
}

}  // namespace acme

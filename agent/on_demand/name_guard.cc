#include "agent/on_demand/name_guard.h"

#include <algorithm>
#include <array>
#include <vector>

#include "agent/planner/registered_domain.h"

namespace agent {
namespace {

// Seen again and again before names in the logs; hardly anybody has three of them on purpose.
constexpr std::array<std::string_view, 22> tried = {
    "www",        "mail", "webmail", "ftp",  "git", "svn", "update",       "bupdate",
    "jediupdate", "smtp", "pop",     "imap", "mx",  "ns1", "autodiscover", "autoconfig",
    "cpanel",     "whm",  "webdisk", "wp",   "ns2", "m"};

constexpr std::array<std::string_view, 5> not_public = {
    "localhost", "local", "invalid", "onion", "arpa"};

std::vector<std::string_view> labels_of(std::string_view name) {
  std::vector<std::string_view> labels;
  while (!name.empty()) {
    const std::size_t dot = std::min(name.find('.'), name.size());
    labels.push_back(name.substr(0, dot));
    name.remove_prefix(std::min(dot + 1, name.size()));
  }
  return labels;
}

bool is_tried(std::string_view label) {
  return std::find(tried.begin(), tried.end(), label) != tried.end();
}

bool has_three_tried(const std::vector<std::string_view>& labels) {
  for (std::size_t i = 2; i < labels.size(); ++i) {
    if (is_tried(labels[i]) && is_tried(labels[i - 1]) && is_tried(labels[i - 2])) return true;
  }
  return false;
}

}  // namespace

std::optional<std::string_view> refuse_on_demand(const base::DomainName& name,
                                                 std::size_t max_labels) {
  if (name.is_wildcard()) return "it is a wildcard";
  if (name.is_address()) return "it is an address";
  std::vector<std::string_view> labels = labels_of(name.text());
  if (labels.size() > max_labels) return "it has too many labels";
  if (std::find(not_public.begin(), not_public.end(), labels.back()) != not_public.end()) {
    return "public DNS has no such names";
  }
  if (is_public_suffix(name)) return "anybody can register names below it";
  labels.resize(labels.size() - labels_of(registered_domain(name)).size());
  if (std::adjacent_find(labels.begin(), labels.end()) != labels.end()) {
    return "a label is repeated";
  }
  if (has_three_tried(labels)) return "its labels are those that scanners try";
  return std::nullopt;
}

}  // namespace agent

#include "haproxy/crt_list.h"

#include <algorithm>
#include <limits>

namespace haproxy {
namespace {

using base::Unexpected;

constexpr std::size_t max_list = std::size_t{256} << 20;

}  // namespace

base::Result<CrtList, DocumentError> CrtList::parse(std::string_view text) {
  if (text.size() > max_list) return Unexpected(DocumentError{0, "larger than 256 MiB"});
  CrtList list;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    auto entry = parse_crt_list_line(line);
    if (!entry) return Unexpected(DocumentError{list.lines_.size() + 1, std::move(entry).error()});
    if (*entry) list.lines_of_.emplace(std::move((*entry)->path), list.lines_.size());
    list.lines_.push_back({std::string(line)});
  }
  return list;
}

bool CrtList::contains(const CertificateName& name) const {
  return lines_of_.contains(name.text());
}

bool CrtList::add(const CrtListLine& line) {
  if (contains(line.name())) return false;
  lines_of_.emplace(line.name().text(), lines_.size());
  lines_.push_back({line.encode()});
  return true;
}

bool CrtList::put(const CrtListLine& line) {
  const auto [begin, end] = lines_of_.equal_range(line.name().text());
  if (begin == end) return add(line);
  std::size_t first = std::numeric_limits<std::size_t>::max();
  for (auto at = begin; at != end; ++at) first = std::min(first, at->second);
  std::string text = line.encode();
  if (lines_[first].text == text) return false;
  lines_[first].text = std::move(text);
  return true;
}

std::size_t CrtList::remove(const CertificateName& name) {
  const auto [begin, end] = lines_of_.equal_range(name.text());
  for (auto at = begin; at != end; ++at) lines_[at->second] = {{}, true};
  const std::size_t count = lines_of_.erase(name.text());
  removed_ += count;
  if (removed_ > 1024 && removed_ > lines_.size() / 2) compact();
  return count;
}

/// Forgets the removed lines, so that a list kept in memory does not grow with its history.
void CrtList::compact() {
  std::vector<std::size_t> moved_to(lines_.size());
  std::size_t kept = 0;
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    moved_to[i] = kept;
    if (lines_[i].removed) continue;
    if (kept != i) lines_[kept] = std::move(lines_[i]);
    ++kept;
  }
  lines_.resize(kept);
  removed_ = 0;
  for (auto& [path, index] : lines_of_) index = moved_to[index];
}

std::vector<std::string> CrtList::paths() const {
  std::vector<std::pair<std::size_t, std::string_view>> ordered;
  ordered.reserve(lines_of_.size());
  for (const auto& [path, index] : lines_of_) ordered.emplace_back(index, path);
  std::sort(ordered.begin(), ordered.end());
  std::vector<std::string> paths;
  paths.reserve(ordered.size());
  for (const auto& [index, path] : ordered) paths.emplace_back(path);
  return paths;
}

std::string CrtList::encode() const {
  std::string text;
  for (const Line& line : lines_) {
    if (!line.removed) text.append(line.text).append("\n");
  }
  return text;
}

}  // namespace haproxy

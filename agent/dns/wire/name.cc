#include "agent/dns/wire/name.h"

#include <algorithm>
#include <cstdint>

namespace dns {
namespace {

constexpr std::size_t max_wire = 254;  // RFC 1035 §3.1: 255 with the terminating zero
constexpr std::size_t max_label = 63;

char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_plain_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

std::size_t length_at(std::string_view wire, std::size_t at) {
  return static_cast<unsigned char>(wire[at]);
}

std::string check_label(std::string_view label) {
  if (label.empty()) return "the name has an empty label";
  if (label.size() > max_label) return "a label is longer than 63 bytes";
  const bool is_plain = std::all_of(
      label.begin(), label.end(), [](char c) { return is_plain_character(to_lower(c)); });
  if (!is_plain) return "only letters, digits, hyphens, underscores and dots may stand in a name";
  // A program would take it for an option.
  if (label.front() == '-') return "a label begins with a hyphen";
  return {};
}

void append_label(std::string& wire, std::string_view label) {
  wire += static_cast<char>(label.size());
  std::transform(label.begin(), label.end(), std::back_inserter(wire), to_lower);
}

void append_escaped(std::string& text, char c) {
  if (is_plain_character(c)) {
    text += c;
    return;
  }
  const auto value = static_cast<unsigned char>(c);
  text += '\\';
  for (const int unit : {100, 10, 1}) text += static_cast<char>('0' + value / unit % 10);
}

}  // namespace

Name::Name(const base::DomainName& name) {
  std::string_view rest = name.bare();
  while (!rest.empty()) {
    const std::size_t dot = rest.find('.');
    append_label(wire_, rest.substr(0, dot));
    rest.remove_prefix(dot == std::string_view::npos ? rest.size() : dot + 1);
  }
}

base::Result<Name, std::string> Name::parse(std::string_view text) {
  Name name;
  if (text == ".") return name;
  if (text.empty()) return base::Unexpected(std::string("the name is empty"));
  if (text.back() == '.') text.remove_suffix(1);
  while (true) {
    const std::size_t dot = text.find('.');
    const std::string_view label = text.substr(0, dot);
    if (std::string wrong = check_label(label); !wrong.empty()) {
      return base::Unexpected(std::move(wrong));
    }
    append_label(name.wire_, label);
    if (name.wire_.size() > max_wire) {
      return base::Unexpected(std::string("the name is longer than 253 bytes"));
    }
    if (dot == std::string_view::npos) return name;
    text.remove_prefix(dot + 1);
  }
}

std::optional<Name> Name::from_wire(std::span<const std::byte> labels) {
  if (labels.size() > max_wire) return std::nullopt;
  Name name;
  std::size_t at = 0;
  while (at < labels.size()) {
    const auto length = std::to_integer<std::size_t>(labels[at]);
    if (length == 0 || length > max_label || length > labels.size() - at - 1) return std::nullopt;
    const auto label = labels.subspan(at + 1, length);
    append_label(name.wire_, {reinterpret_cast<const char*>(label.data()), label.size()});
    at += 1 + length;
  }
  return name;
}

std::string Name::text() const {
  if (is_root()) return ".";
  std::string text;
  for (std::size_t at = 0; at < wire_.size();) {
    if (at > 0) text += '.';
    const std::size_t length = length_at(wire_, at);
    for (const char c : std::string_view(wire_).substr(at + 1, length)) append_escaped(text, c);
    at += 1 + length;
  }
  return text;
}

std::string Name::text_with_dot() const {
  return is_root() ? "." : text() + ".";
}

bool Name::is_plain() const {
  for (std::size_t at = 0; at < wire_.size();) {
    const std::size_t length = length_at(wire_, at);
    if (!check_label(std::string_view(wire_).substr(at + 1, length)).empty()) return false;
    at += 1 + length;
  }
  return true;
}

std::size_t Name::labels() const {
  std::size_t count = 0;
  for (std::size_t at = 0; at < wire_.size(); at += 1 + length_at(wire_, at)) ++count;
  return count;
}

Name Name::parent() const {
  Name name;
  name.wire_ = wire_.substr(1 + length_at(wire_, 0));
  return name;
}

std::string_view Name::first_label() const {
  return std::string_view(wire_).substr(1, length_at(wire_, 0));
}

bool Name::is_within(const Name& zone) const {
  std::size_t at = 0;
  while (wire_.size() - at > zone.wire_.size()) at += 1 + length_at(wire_, at);
  return std::string_view(wire_).substr(at) == zone.wire_;
}

base::Result<Name, std::string> Name::child(std::string_view label) const {
  return parse(std::string(label) + (is_root() ? "" : "." + text()));
}

}  // namespace dns

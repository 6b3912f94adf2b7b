#include "tests/fake_ca/identifier.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>

namespace fake_ca {
namespace {

std::optional<std::string> fault_of_label(std::string_view label) {
  if (label.empty()) return "it has an empty label";
  if (label.size() > 63) return "a label is longer than 63 bytes";
  if (label.front() == '-' || label.back() == '-') return "a label begins or ends with a hyphen";
  if (label.size() > 3 && label.substr(2, 2) == "--" && !label.starts_with("xn--")) {
    return "a label has hyphens at 3 and 4 and is no A-label";
  }
  const bool is_plain = std::all_of(label.begin(), label.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
  if (!is_plain) return "it has a character that is none of a-z 0-9 and hyphen";
  return std::nullopt;
}

std::optional<std::string> fault_of_name(std::string_view name) {
  if (name.size() > 253) return "it is longer than 253 bytes";
  std::size_t labels = 0;
  std::string_view last;
  for (std::size_t at = 0; at <= name.size(); ++labels) {
    const std::size_t dot = std::min(name.find('.', at), name.size());
    last = name.substr(at, dot - at);
    if (auto fault = fault_of_label(last)) return fault;
    at = dot + 1;
  }
  if (labels < 2) return "it has one label only";
  if (labels > 10) return "it has more than 10 labels";
  if (std::all_of(last.begin(), last.end(), [](char c) { return c >= '0' && c <= '9'; })) {
    return "it looks like an IP address";
  }
  return std::nullopt;
}

/// The address in its one right spelling; nullopt if it is no address.
std::optional<std::string> canonical_address(const std::string& text) {
  std::array<unsigned char, 16> bytes{};
  std::array<char, INET6_ADDRSTRLEN> spelled{};
  const int family = text.find(':') == std::string::npos ? AF_INET : AF_INET6;
  if (inet_pton(family, text.c_str(), bytes.data()) != 1) return std::nullopt;
  return inet_ntop(family, bytes.data(), spelled.data(), spelled.size());
}

std::string ipv6_network(const std::string& address) {
  std::array<unsigned char, 16> bytes{};
  std::array<char, INET6_ADDRSTRLEN> spelled{};
  inet_pton(AF_INET6, address.c_str(), bytes.data());
  std::fill(bytes.begin() + 8, bytes.end(), static_cast<unsigned char>(0));
  inet_ntop(AF_INET6, bytes.data(), spelled.data(), spelled.size());
  return std::string(spelled.data()) + "/64";
}

bool ends_with_label(std::string_view name, std::string_view suffix) {
  return name.size() > suffix.size() && name.ends_with(suffix) &&
         name[name.size() - suffix.size() - 1] == '.';
}

}  // namespace

Json to_json(const Identifier& identifier) {
  return {{"type", identifier.type == IdentifierType::dns ? "dns" : "ip"},
          {"value", identifier.value}};
}

std::optional<std::string> fault_of(const Identifier& identifier) {
  if (identifier.type == IdentifierType::dns) return fault_of_name(identifier.bare());
  const std::optional<std::string> canonical = canonical_address(identifier.value);
  if (!canonical) return "it is no IP address";
  if (*canonical != identifier.value) return "it is to be written as " + *canonical;
  return std::nullopt;
}

std::string registered_domain(const Identifier& identifier,
                              const std::vector<std::string>& suffixes) {
  if (identifier.type == IdentifierType::ip) {
    const bool is_v6 = identifier.value.find(':') != std::string::npos;
    return is_v6 ? ipv6_network(identifier.value) : identifier.value;
  }
  const std::string name = identifier.bare();
  std::size_t suffix_size = name.size() - name.rfind('.') - 1;
  for (const std::string& suffix : suffixes) {
    if (ends_with_label(name, suffix)) suffix_size = std::max(suffix_size, suffix.size());
  }
  const std::size_t dot = name.rfind('.', name.size() - suffix_size - 2);
  return dot == std::string::npos ? name : name.substr(dot + 1);
}

}  // namespace fake_ca

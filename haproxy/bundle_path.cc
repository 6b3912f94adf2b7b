#include "haproxy/bundle_path.h"

#include <algorithm>
#include <cstdint>

#include "base/encoding.h"

namespace haproxy {
namespace {

constexpr std::size_t max_component = 255;  // NAME_MAX
constexpr std::size_t head_size = 128;
constexpr std::string_view ending = ".pem";

/// FNV-1a folded to a byte: only spreads the files, so a name chosen to collide does no harm.
std::byte spread(std::string_view text) {
  std::uint32_t hash = 2166136261;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619;
  hash ^= hash >> 16;
  return static_cast<std::byte>((hash ^ (hash >> 8)) & 0xff);
}

std::string stem(const base::DomainName& name) {
  std::string text(name.bare());
  if (name.is_wildcard()) return "_wildcard." + text;
  if (text.find(':') == std::string::npos) return text;
  std::replace(text.begin(), text.end(), ':', '-');  // which no address has
  return "_ipv6." + text;
}

std::string path_of(const base::DomainName& name, const std::string& mark) {
  const std::byte folder = spread(name.text());
  const std::string file = mark + stem(name) + std::string(ending);
  std::string path = base::encode_hex(std::span(&folder, 1)) + "/";
  if (file.size() <= max_component) return path + file;
  return path + "_long." + file.substr(0, head_size) + "/_" + file.substr(head_size);
}

}  // namespace

// Why no two names meet: a domain name has no underscore, so `_wildcard.`, `_ipv6.`, `_long.`,
// `_12.`, `_rsa.` and `_rsa_12.` mark what no other name can begin with; and none has a number as
// its last label, as an IPv4 address. Names are cut, not hashed: a tenant could search for a
// collision.
std::string bundle_path(const base::DomainName& name) {
  return path_of(name, "");
}

std::string bundle_path(const base::DomainName& name, std::uint64_t number) {
  return path_of(name, "_" + std::to_string(number) + ".");
}

std::string bundle_path_beside(const base::DomainName& name, std::string_view key) {
  return path_of(name, "_" + std::string(key) + ".");
}

std::string bundle_path_beside(const base::DomainName& name,
                               std::string_view key,
                               std::uint64_t number) {
  return path_of(name, "_" + std::string(key) + "_" + std::to_string(number) + ".");
}

}  // namespace haproxy

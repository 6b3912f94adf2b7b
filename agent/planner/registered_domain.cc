#include "agent/planner/registered_domain.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <libpsl.h>
#include <memory>

namespace agent {
namespace {

struct PslDeleter {
  void operator()(psl_ctx_t* list) const { psl_free(list); }
};

/// nullptr if this system has no list and libpsl was built without one.
const psl_ctx_t* public_suffixes() {
  static const std::unique_ptr<psl_ctx_t, PslDeleter> list(psl_latest(nullptr));
  return list.get();
}

std::string registered_domain_of(const char* name) {
  const psl_ctx_t* const list = public_suffixes();
  const char* const domain = list == nullptr ? nullptr : psl_registrable_domain(list, name);
  return domain == nullptr ? name : domain;
}

std::string network_of(in6_addr address) {
  constexpr std::size_t half = 8;
  std::fill(address.s6_addr + half, address.s6_addr + 2 * half, std::uint8_t{0});
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(AF_INET6, &address, text.data(), text.size());
  return std::string(text.data()) + "/64";
}

}  // namespace

std::string registered_domain(const base::DomainName& name) {
  const std::string_view bare = name.bare();  // ends where text() ends, hence with a zero
  return registered_domain_of(bare.data());
}

std::string certificate_limit_key(std::string_view identifier) {
  const std::string text(identifier.starts_with("*.") ? identifier.substr(2) : identifier);
  in_addr v4{};
  if (::inet_pton(AF_INET, text.c_str(), &v4) == 1) return text;
  in6_addr v6{};
  if (::inet_pton(AF_INET6, text.c_str(), &v6) == 1) return network_of(v6);
  return registered_domain_of(text.c_str());
}

bool is_public_suffix(const base::DomainName& name) {
  if (name.is_address()) return false;
  const psl_ctx_t* const list = public_suffixes();
  return list != nullptr && psl_is_public_suffix(list, name.bare().data()) != 0;
}

}  // namespace agent

#include "agent/dns/address_check.h"

#include <algorithm>

#include "agent/dns/lookups.h"

namespace agent {
namespace {

using Finding = AddressCheck::Finding;

std::string join(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all.append(all.empty() ? "" : ", ").append(text);
  return all;
}

}  // namespace

base::asio::awaitable<AddressCheck> check_addresses(DnsResolver& resolver,
                                                    dns::Name name,
                                                    const std::vector<std::string>& own) {
  const auto addresses = co_await look_up_addresses(resolver, name);
  const std::string text = name.text();
  if (!addresses) {
    co_return AddressCheck{
        Finding::unknown,
        "the addresses of " + text + " are not known: " + addresses.error().message};
  }
  if (addresses->empty()) {
    co_return AddressCheck{Finding::none,
                           text + " has no address; create an A or AAAA record" +
                               (own.empty() ? "" : " for " + join(own))};
  }
  if (own.empty()) co_return AddressCheck{Finding::ours};
  std::vector<std::string> foreign;
  for (const std::string& address : *addresses) {
    if (std::find(own.begin(), own.end(), address) == own.end()) foreign.push_back(address);
  }
  if (foreign.empty()) co_return AddressCheck{Finding::ours};
  if (foreign.size() == addresses->size()) {
    co_return AddressCheck{
        Finding::foreign,
        text + " points to " + join(foreign) + "; it has to point to " + join(own)};
  }
  co_return AddressCheck{
      Finding::partly,
      text + " points to " + join(foreign) + ", too, where the authority may ask first"};
}

}  // namespace agent

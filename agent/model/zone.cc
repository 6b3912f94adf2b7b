#include "agent/model/zone.h"

namespace agent {
namespace {

bool ends_with_labels(std::string_view name, std::string_view zone) {
  return name.size() > zone.size() && name.ends_with(zone) &&
         name[name.size() - zone.size() - 1] == '.';
}

}  // namespace

std::string_view to_string(ZoneDns dns) {
  switch (dns) {
    case ZoneDns::none: return "none";
    case ZoneDns::configured: return "configured";
  }
  return "unknown";
}

std::optional<ZoneDns> parse_zone_dns(std::string_view text) {
  for (const ZoneDns dns : {ZoneDns::none, ZoneDns::configured}) {
    if (to_string(dns) == text) return dns;
  }
  return std::nullopt;
}

bool is_within(const base::DomainName& name, const base::DomainName& zone) {
  if (name.is_address()) return false;
  return name.bare() == zone.text() || ends_with_labels(name.bare(), zone.text());
}

bool is_covered_by_wildcard_of(const base::DomainName& name, const base::DomainName& zone) {
  const std::string_view text = name.text();
  if (name.is_wildcard() || name.is_address() || !ends_with_labels(text, zone.text())) return false;
  return text.find('.') == text.size() - zone.text().size() - 1;
}

base::DomainName wildcard_of(const base::DomainName& zone) {
  return *base::DomainName::parse("*." + zone.text());
}

}  // namespace agent

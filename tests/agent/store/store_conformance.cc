#include "tests/agent/store/store_conformance.h"

namespace agent {

using namespace std::chrono_literals;

void StoreConformance::add(std::initializer_list<std::string_view> texts, base::WallTime now) {
  std::vector<HostnameSettings> settings;
  for (const std::string_view text : texts) settings.push_back({.name = name(text)});
  ASSERT_TRUE(store().add_hostnames(settings, now));
}

void StoreConformance::set_mode(std::string_view text, HostnameMode mode, base::WallTime now) {
  ASSERT_TRUE(store().update_hostname({.name = name(text), .mode = mode}, now));
}

std::vector<RemoveOutcome> StoreConformance::remove(std::initializer_list<std::string_view> texts,
                                                    base::WallTime now) {
  return store().remove_hostnames(names(texts), now).value();
}

HostnameDetail StoreConformance::detail(std::string_view text) {
  return store().hostname(name(text)).value().value();
}

bool StoreConformance::exists(std::string_view text) {
  return store().hostname(name(text)).value().has_value();
}

OrderRecord StoreConformance::order_for(std::initializer_list<std::string_view> texts,
                                        base::WallTime now) {
  const std::vector<NewOrder> orders = {{"letsencrypt", names(texts)}};
  return store().create_orders(orders, now).value().at(0);
}

CertificateBundle StoreConformance::bundle_for(std::initializer_list<std::string_view> texts,
                                               const std::string& serial) {
  CertificateBundle bundle;
  bundle.certificate.authority = "letsencrypt";
  bundle.certificate.names = names(texts);
  bundle.certificate.serial = serial;
  bundle.certificate.fingerprint = "AB" + serial;
  bundle.certificate.not_before = start;
  bundle.certificate.not_after = start + 24h * 90;
  bundle.certificate.renew_at = start + 24h * 60;
  bundle.certificate.account = "thumbprint";
  bundle.certificate.cert_id = "aYhb." + serial;
  bundle.certificate.next_check = start;
  bundle.certificate.bundle_path = std::string(*texts.begin()) + ".pem";
  bundle.chain_pem = "chain " + serial;
  bundle.private_key_pem = "key " + serial;
  return bundle;
}

CertificateId StoreConformance::issue(std::string_view text, const std::string& serial) {
  add({text});
  return store().finish_order(order_for({text}).id, bundle_for({text}, serial), start).value();
}

void StoreConformance::serve(CertificateId id, base::WallTime now) {
  ASSERT_TRUE(store().mark_served(std::vector{id}, now));
}

std::vector<std::string> StoreConformance::due_names(base::WallTime now, std::size_t limit) {
  const std::vector<DueHostname> all = store().due_hostnames(now, limit).value();
  std::vector<std::string> result;
  for (const DueHostname& due : all) {
    result.push_back(due.hostname.name.text());
  }
  return result;
}

std::vector<std::string> StoreConformance::listed_names(const HostnameQuery& query,
                                                        base::WallTime now) {
  const HostnamePage page = store().list_hostnames(query, now).value();
  std::vector<std::string> result;
  for (const HostnameDetail& listed : page.hostnames) {
    result.push_back(listed.hostname.name.text());
  }
  return result;
}

std::vector<std::int64_t> StoreConformance::certificate_ids(CertificateSelection selection) {
  const auto page = store().certificates(selection, CertificateId(0), 100).value();
  std::vector<std::int64_t> ids;
  for (const Certificate& found : page) {
    ids.push_back(found.id.value());
  }
  return ids;
}

std::vector<EventKind> StoreConformance::event_kinds(const std::string& subject) {
  const std::vector<Event> events = store().events({.subject = subject}).value();
  std::vector<EventKind> kinds;
  for (const Event& event : events) {
    kinds.push_back(event.kind);
  }
  return kinds;
}

}  // namespace agent

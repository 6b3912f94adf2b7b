#include "agent/api/figure_families.h"

#include <chrono>
#include <string>
#include <utility>

namespace agent {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

/// Makes families; the ones with labels get their samples by add().
class Families {
 public:
  void counter(std::string name, std::string help, std::uint64_t value) {
    begin(MetricType::Counter, std::move(name), std::move(help));
    add({}, value);
  }
  void gauge(std::string name, std::string help, std::uint64_t value) {
    begin(MetricType::Gauge, std::move(name), std::move(help));
    add({}, value);
  }
  void begin(MetricType type, std::string name, std::string help) {
    families_.push_back({std::move(name), std::move(help), type, {}});
  }
  void add(Labels labels, std::uint64_t value) {
    add_sample(std::move(labels), static_cast<double>(value));
  }
  void add_seconds(Labels labels, std::chrono::duration<double> time) {
    add_sample(std::move(labels), time.count());
  }
  std::vector<MetricFamily> take() { return std::move(families_); }

 private:
  void add_sample(Labels labels, double value) {
    ClientMetric sample;
    sample.label = std::move(labels);
    sample.counter.value = value;
    sample.gauge.value = value;
    families_.back().metric.push_back(std::move(sample));
  }

  std::vector<MetricFamily> families_;
};

void add_connections(Families& families, const spop::CounterValues& spop) {
  families.gauge(
      "acme_spoa_spop_connections", "SPOP connections that are open.", spop.connections_open());
  families.counter("acme_spoa_spop_connections_accepted_total",
                   "SPOP connections accepted.",
                   spop.connections_accepted);
  families.counter("acme_spoa_spop_connections_refused_total",
                   "SPOP connections whose HELLO was answered with a DISCONNECT.",
                   spop.connections_refused);
  families.counter(
      "acme_spoa_spop_healthchecks_total", "SPOP health checks answered.", spop.healthchecks);
  families.counter("acme_spoa_spop_received_bytes_total",
                   "Bytes received from HAProxy over SPOP.",
                   spop.bytes_received);
  families.counter(
      "acme_spoa_spop_sent_bytes_total", "Bytes sent to HAProxy over SPOP.", spop.bytes_sent);
}

void add_frames(Families& families, const spop::CounterValues& spop) {
  families.counter(
      "acme_spoa_spop_frames_total", "SPOP frames received, of any type.", spop.frames);
  families.counter("acme_spoa_spop_frames_skipped_total",
                   "SPOP frames received of an unknown type.",
                   spop.frames_skipped);
  families.counter("acme_spoa_spop_notifies_total", "NOTIFY frames received.", spop.notifies);
  families.counter("acme_spoa_spop_notifies_undecodable_total",
                   "NOTIFY frames whose payload does not decode.",
                   spop.notifies_undecodable);
  families.counter("acme_spoa_spop_notifies_unanswered_total",
                   "NOTIFY frames without an answer of ours, as those of unknown messages.",
                   spop.notifies_unanswered);
  families.counter("acme_spoa_spop_acks_total", "ACK frames sent.", spop.acks);
  families.counter("acme_spoa_spop_acks_too_big_total",
                   "ACK frames sent empty because the answer did not fit the frame.",
                   spop.acks_too_big);
  families.counter(
      "acme_spoa_spop_deferrals_total", "NOTIFY frames to be answered later.", spop.deferrals);
  families.counter("acme_spoa_spop_deferrals_refused_total",
                   "NOTIFY frames answered at once because too many waited.",
                   spop.deferrals_refused);
  families.counter("acme_spoa_spop_deferrals_missed_total",
                   "NOTIFY frames that waited and got no answer in time.",
                   spop.deferrals_missed);
}

/// The inverse of spop::disconnect_kind().
std::string status_code(std::size_t kind) {
  constexpr std::size_t last_assigned = 13;
  if (kind <= last_assigned) return std::to_string(kind);
  return kind == last_assigned + 1 ? "99" : "other";
}

void add_disconnects(Families& families,
                     std::string name,
                     std::string help,
                     const std::array<std::uint64_t, spop::disconnect_kinds>& counts) {
  families.begin(MetricType::Counter, std::move(name), std::move(help));
  for (std::size_t kind = 0; kind < counts.size(); ++kind) {
    families.add({{"status", status_code(kind)}}, counts[kind]);
  }
}

void add_status_answers(Families& families,
                        const std::string& message,
                        const BasicStatusCounts<std::uint64_t>& counts) {
  for (const CertState state : {CertState::none,
                                CertState::pending,
                                CertState::ready,
                                CertState::expired,
                                CertState::disabled}) {
    families.add({{"message", message}, {"state", std::string(to_string(state))}},
                 counts.of(state));
  }
  families.add({{"message", message}, {"state", "unusable"}}, counts.unusable);
}

void add_answers(Families& families, const AnswerCounts& answers) {
  families.begin(MetricType::Counter,
                 "acme_spoa_challenge_answers_total",
                 "acme-challenge messages by what was answered.");
  families.add({{"result", "answered"}}, answers.challenge.answered);
  families.add({{"result", "missed"}}, answers.challenge.missed);
  families.add({{"result", "unusable"}}, answers.challenge.unusable);
  families.begin(MetricType::Counter,
                 "acme_spoa_status_answers_total",
                 "tls-status and sni-status messages by the state that was answered.");
  add_status_answers(families, "tls-status", answers.tls_status);
  add_status_answers(families, "sni-status", answers.sni_status);
  families.counter("acme_spoa_unknown_messages_total",
                   "SPOP messages of a name that is not ours.",
                   answers.unknown_messages);
}

void add_authorities(Families& families, const std::vector<AuthorityFigures>& authorities) {
  families.begin(MetricType::Gauge,
                 "acme_spoa_authority_available",
                 "1 if the authority is given new orders now.");
  for (const auto& authority : authorities) {
    families.add({{"authority", authority.name}}, authority.trouble.empty() ? 1 : 0);
  }
  families.begin(MetricType::Gauge,
                 "acme_spoa_authority_breaker",
                 "1 for the state that the authority's circuit breaker is in.");
  for (const auto& authority : authorities) {
    for (const char* state : {"closed", "open", "half-open"}) {
      families.add({{"authority", authority.name}, {"state", state}},
                   authority.breaker == state ? 1 : 0);
    }
  }
  families.begin(MetricType::Gauge,
                 "acme_spoa_authority_orders",
                 "Open orders at the authority by what becomes of them now.");
  for (const auto& authority : authorities) {
    families.add({{"authority", authority.name}, {"state", "running"}}, authority.orders_running);
    families.add({{"authority", authority.name}, {"state", "suspended"}},
                 authority.orders_suspended);
  }
}

void add_paces(Families& families, const std::vector<PaceFigures>& paces) {
  const auto labels = [](const PaceFigures& pace) {
    return Labels{{"server", pace.server}, {"endpoint", pace.endpoint}};
  };
  families.begin(MetricType::Gauge,
                 "acme_spoa_authority_requests_waiting",
                 "Requests to the authorities' server that wait for their turn.");
  for (const PaceFigures& pace : paces) families.add(labels(pace), pace.waiting);
  families.begin(MetricType::Counter,
                 "acme_spoa_authority_requests_delayed_total",
                 "Requests to the server that had to wait for their turn and have left.");
  for (const PaceFigures& pace : paces) families.add(labels(pace), pace.delayed);
  families.begin(MetricType::Counter,
                 "acme_spoa_authority_request_delay_seconds_total",
                 "Time that these have waited, together.");
  for (const PaceFigures& pace : paces) families.add_seconds(labels(pace), pace.waited);
  families.begin(MetricType::Counter,
                 "acme_spoa_authority_requests_refused_total",
                 "Requests to the server that were not sent: they would have waited for too long.");
  for (const PaceFigures& pace : paces) families.add(labels(pace), pace.refused);
}

std::uint64_t seconds_of(std::optional<base::WallTime> time) {
  if (!time) return 0;
  return static_cast<std::uint64_t>(
      std::chrono::floor<std::chrono::seconds>(time->time_since_epoch()).count());
}

template <class Value>
void add_instance_figure(Families& families,
                         const std::vector<InstanceFigures>& instances,
                         std::string name,
                         std::string help,
                         Value value) {
  families.begin(MetricType::Gauge, std::move(name), std::move(help));
  for (const auto& instance : instances) {
    families.add({{"instance", instance.name}}, value(instance));
  }
}

void add_instances(Families& families, const std::vector<InstanceFigures>& instances) {
  families.begin(MetricType::Gauge,
                 "acme_spoa_haproxy_up",
                 "1 if the HAProxy process answers on its runtime API and was compared.");
  for (const auto& instance : instances) {
    families.add({{"instance", instance.name}}, instance.connected ? 1 : 0);
  }
  families.begin(MetricType::Gauge,
                 "acme_spoa_haproxy_in_sync",
                 "1 if the HAProxy process has every certificate that it should have.");
  for (const auto& instance : instances) {
    families.add({{"instance", instance.name}}, instance.in_sync ? 1 : 0);
  }
  families.begin(MetricType::Gauge,
                 "acme_spoa_haproxy_certificates",
                 "Certificates of ours that the HAProxy process has loaded.");
  for (const auto& instance : instances) {
    families.add({{"instance", instance.name}}, instance.certificates);
  }
  add_instance_figure(families,
                      instances,
                      "acme_spoa_haproxy_certificates_desired",
                      "Certificates that the HAProxy process should have.",
                      [](const InstanceFigures& i) { return i.desired; });
  add_instance_figure(families,
                      instances,
                      "acme_spoa_haproxy_drift",
                      "Certificates that are to be added, replaced or removed there; all that it "
                      "should have while it is not connected.",
                      [](const InstanceFigures& i) { return i.drift; });
  add_instance_figure(families,
                      instances,
                      "acme_spoa_haproxy_refused",
                      "Of these, those that HAProxy has refused; they are offered again.",
                      [](const InstanceFigures& i) { return i.refused; });
  add_instance_figure(families,
                      instances,
                      "acme_spoa_haproxy_unproven",
                      "Certificates that it has loaded and that no handshake has shown yet.",
                      [](const InstanceFigures& i) { return i.unproven; });
  add_instance_figure(families,
                      instances,
                      "acme_spoa_haproxy_jammed",
                      "1 if its certificate lock does not open: reload it.",
                      [](const InstanceFigures& i) { return i.jammed ? 1u : 0u; });
  add_instance_figure(families,
                      instances,
                      "acme_spoa_haproxy_last_proof_timestamp_seconds",
                      "When a handshake last showed what it should, Unix time; 0 before the first.",
                      [](const InstanceFigures& i) { return seconds_of(i.last_proof); });
  families.begin(MetricType::Counter,
                 "acme_spoa_haproxy_proofs_failed_total",
                 "Handshakes that did not show the certificate they should.");
  for (const auto& instance : instances) {
    families.add({{"instance", instance.name}}, instance.failed_proofs);
  }
}

void add_on_demand(Families& families, const OnDemandFigures& figures) {
  families.begin(MetricType::Counter,
                 "acme_spoa_on_demand_asks_total",
                 "Questions whether a name may become a hostname, by the answer.");
  families.add({{"answer", "yes"}}, figures.permitted);
  families.add({{"answer", "no"}}, figures.denied);
  families.add({{"answer", "later"}}, figures.unanswered);
  families.counter("acme_spoa_on_demand_hostnames_added_total",
                   "Hostnames that were added because somebody asked for them.",
                   figures.added);
  families.begin(MetricType::Counter,
                 "acme_spoa_on_demand_refused_total",
                 "Names that were not added, by what forbids it; a name counts each time.");
  families.add({{"reason", "rules"}}, figures.refused);
  families.add({{"reason", "guard"}}, figures.guarded);
  families.add({{"reason", "limit"}}, figures.limited);
  families.begin(MetricType::Counter,
                 "acme_spoa_on_demand_dropped_total",
                 "Names that were not looked at because too many came, by where.");
  families.add({{"where", "workers"}}, figures.dropped_workers);
  families.add({{"where", "queue"}}, figures.dropped_waiting);
  families.gauge(
      "acme_spoa_on_demand_waiting", "Names that wait to be asked about.", figures.waiting);
}

void add_hostnames(Families& families, const HostnameCounts& counts) {
  families.begin(MetricType::Gauge, "acme_spoa_hostnames", "Hostnames by state.");
  families.add({{"state", "pending"}}, counts.pending);
  families.add({{"state", "ready"}}, counts.ready);
  families.add({{"state", "expired"}}, counts.expired);
  families.add({{"state", "disabled"}}, counts.disabled);
  families.gauge(
      "acme_spoa_second_certificates_failing",
      "Hostnames whose second certificate could not be had; they are served by the first.",
      counts.second_failing);
  families.gauge("acme_spoa_hostnames_unused",
                 "Hostnames that are not renewed: they have led elsewhere for too long.",
                 counts.unused);
}

void add_certificates(Families& families, const ExpiryCounts& counts) {
  families.gauge("acme_spoa_certificates", "Certificates that HAProxy should have.", counts.total);
  families.begin(
      MetricType::Gauge,
      "acme_spoa_certificates_expiring",
      "Certificates that HAProxy should have and that run out within so many days; 0 are "
      "those that have. At most a minute old.");
  for (std::size_t i = 0; i < counts.within.size(); ++i) {
    families.add({{"within_days", std::to_string(ExpiryCounts::days[i])}}, counts.within[i]);
  }
}

void add_custom(Families& families, const CustomCounts& counts) {
  families.gauge("acme_spoa_custom_certificates",
                 "Hostnames with a certificate that their owner has brought.",
                 counts.total);
  families.begin(MetricType::Gauge,
                 "acme_spoa_custom_certificates_expiring",
                 "Of these, those whose certificate runs out within so many days; 0 are those "
                 "whose has.");
  for (std::size_t i = 0; i < counts.within.size(); ++i) {
    families.add({{"within_days", std::to_string(CustomCounts::days.at(i))}}, counts.within.at(i));
  }
  if (!counts.first_expiry) return;
  families.begin(MetricType::Gauge,
                 "acme_spoa_custom_certificate_expiry_timestamp_seconds",
                 "When the first of them runs out, in seconds since 1970.");
  families.add_seconds({}, counts.first_expiry->time_since_epoch());
}

}  // namespace

void ExpiryCounts::count(base::WallTime not_after, base::WallTime now) {
  ++total;
  for (std::size_t i = 0; i < within.size(); ++i) {
    if (not_after <= now + std::chrono::days(days[i])) ++within[i];
  }
}

std::vector<MetricFamily> to_families(const Figures& figures) {
  Families families;
  add_connections(families, figures.spop);
  add_frames(families, figures.spop);
  add_disconnects(families,
                  "acme_spoa_spop_disconnects_sent_total",
                  "DISCONNECT frames sent, by SPOP status code.",
                  figures.spop.disconnects_sent);
  add_disconnects(families,
                  "acme_spoa_spop_disconnects_received_total",
                  "DISCONNECT frames received, by SPOP status code.",
                  figures.spop.disconnects_received);
  add_answers(families, figures.answers);
  families.gauge("acme_spoa_lookup_hostnames",
                 "Hostnames that the SPOP workers know.",
                 figures.lookup.hostnames);
  families.gauge("acme_spoa_lookup_challenges",
                 "Challenge tokens that the SPOP workers answer.",
                 figures.lookup.tokens);
  families.gauge("acme_spoa_lookup_memory_bytes",
                 "Memory of the tables that the SPOP workers read.",
                 figures.lookup.memory_bytes);
  families.begin(MetricType::Gauge, "acme_spoa_orders", "Open orders by what becomes of them now.");
  families.add({{"state", "running"}}, figures.orders_running);
  families.add({{"state", "suspended"}}, figures.orders_suspended);
  add_authorities(families, figures.authorities);
  add_paces(families, figures.paces);
  add_instances(families, figures.instances);
  if (figures.on_demand) add_on_demand(families, *figures.on_demand);
  return families.take();
}

std::vector<MetricFamily> to_families(const StoreFigures& figures) {
  Families families;
  families.gauge("acme_spoa_store_up",
                 "1 if the database answered when these metrics were made.",
                 figures.hostnames ? 1 : 0);
  if (figures.hostnames) add_hostnames(families, *figures.hostnames);
  if (figures.certificates) add_certificates(families, *figures.certificates);
  if (figures.custom) add_custom(families, *figures.custom);
  return families.take();
}

}  // namespace agent

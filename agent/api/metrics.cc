#include "agent/api/metrics.h"

#include <iterator>
#include <sstream>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace agent {
namespace {

using prometheus::Histogram;

double seconds(std::chrono::milliseconds time) {
  return std::chrono::duration<double>(time).count();
}

Histogram::BucketBoundaries issuance_buckets() {
  return {0.5, 1, 2, 5, 10, 30, 60, 120, 300};
}

Histogram::BucketBoundaries deployment_buckets() {
  return {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30};
}

Histogram::BucketBoundaries command_buckets() {
  return {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 1, 10};
}

}  // namespace

struct Metrics::Families {
  prometheus::Registry registry;
  prometheus::Family<prometheus::Gauge>& build_info =
      prometheus::BuildGauge()
          .Name("acme_spoa_build_info")
          .Help("1, with the version of this process.")
          .Register(registry);
  prometheus::Family<prometheus::Counter>& issued =
      prometheus::BuildCounter()
          .Name("acme_spoa_certificates_issued_total")
          .Help("Orders that ended with a certificate.")
          .Register(registry);
  prometheus::Family<Histogram>& issuance =
      prometheus::BuildHistogram()
          .Name("acme_spoa_issuance_duration_seconds")
          .Help("Time from the start of an order to its certificate.")
          .Register(registry);
  prometheus::Family<prometheus::Counter>& failed =
      prometheus::BuildCounter()
          .Name("acme_spoa_orders_failed_total")
          .Help("Orders that ended without a certificate, by error.")
          .Register(registry);
  prometheus::Family<prometheus::Counter>& renewal_checks =
      prometheus::BuildCounter()
          .Name("acme_spoa_renewal_checks_total")
          .Help("Times a certificate's renewal info was asked for.")
          .Register(registry);
  prometheus::Family<prometheus::Counter>& renewal_check_failures =
      prometheus::BuildCounter()
          .Name("acme_spoa_renewal_check_failures_total")
          .Help("Of these, those that brought no advice, by error.")
          .Register(registry);
  prometheus::Counter& served = prometheus::BuildCounter()
                                    .Name("acme_spoa_certificates_served_total")
                                    .Help("Certificates proven by a handshake to be served.")
                                    .Register(registry)
                                    .Add({});
  Histogram& deployment = prometheus::BuildHistogram()
                              .Name("acme_spoa_deployment_duration_seconds")
                              .Help("Time from a certificate's issuance to the proof.")
                              .Register(registry)
                              .Add({}, deployment_buckets());
  prometheus::Family<prometheus::Counter>& command_failures =
      prometheus::BuildCounter()
          .Name("acme_spoa_haproxy_command_failures_total")
          .Help("Runtime API commands that a HAProxy process refused or did not answer, by error.")
          .Register(registry);
  prometheus::Family<Histogram>& commands =
      prometheus::BuildHistogram()
          .Name("acme_spoa_haproxy_command_duration_seconds")
          .Help("Time from a runtime API command to the end of its reply.")
          .Register(registry);
  prometheus::Family<prometheus::Counter>& reloads =
      prometheus::BuildCounter()
          .Name("acme_spoa_configuration_reloads_total")
          .Help("Times the configuration was read again, by outcome.")
          .Register(registry);
};

Metrics::Metrics(std::string_view version) : families_(std::make_unique<Families>()) {
  families_->build_info.Add({{"version", std::string(version)}}).Set(1);
  families_->reloads.Add({{"outcome", "taken_over"}});
  families_->reloads.Add({{"outcome", "refused"}});
}

Metrics::~Metrics() = default;

void Metrics::certificate_issued(std::string_view authority, std::chrono::milliseconds took) {
  const prometheus::Labels labels = {{"authority", std::string(authority)}};
  families_->issued.Add(labels).Increment();
  families_->issuance.Add(labels, issuance_buckets()).Observe(seconds(took));
}

void Metrics::order_failed(std::string_view authority, std::string_view error) {
  families_->failed.Add({{"authority", std::string(authority)}, {"error", std::string(error)}})
      .Increment();
}

void Metrics::renewal_checked(std::string_view authority) {
  families_->renewal_checks.Add({{"authority", std::string(authority)}}).Increment();
}

void Metrics::renewal_check_failed(std::string_view authority, std::string_view error) {
  families_->renewal_check_failures
      .Add({{"authority", std::string(authority)}, {"error", std::string(error)}})
      .Increment();
}

void Metrics::certificate_served(std::optional<std::chrono::milliseconds> took) {
  families_->served.Increment();
  if (took) families_->deployment.Observe(seconds(*took));
}

void Metrics::runtime_command_failed(std::string_view instance, std::string_view error) {
  families_->command_failures
      .Add({{"instance", std::string(instance)}, {"error", std::string(error)}})
      .Increment();
}

void Metrics::runtime_command_done(std::string_view instance,
                                   std::string_view kind,
                                   std::chrono::microseconds took) {
  families_->commands
      .Add({{"instance", std::string(instance)}, {"command", std::string(kind)}}, command_buckets())
      .Observe(std::chrono::duration<double>(took).count());
}

void Metrics::configuration_reloaded(Reload outcome) {
  const char* const label = outcome == Reload::taken_over ? "taken_over" : "refused";
  families_->reloads.Add({{"outcome", label}}).Increment();
}

std::string Metrics::render(const Figures& figures, const StoreFigures& store) const {
  std::vector<prometheus::MetricFamily> all = families_->registry.Collect();
  for (auto& more : {to_families(store), to_families(figures)}) {
    all.insert(all.end(), more.begin(), more.end());
  }
  std::ostringstream text;
  prometheus::TextSerializer().Serialize(text, all);
  return text.str();
}

}  // namespace agent

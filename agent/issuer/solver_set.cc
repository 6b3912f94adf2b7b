#include "agent/issuer/solver_set.h"

#include <stdexcept>
#include <string>
#include <utility>

namespace agent {
namespace {

std::unique_ptr<TlsAlpnResponder> start_responder(const SolverSet::Parts& parts,
                                                  const ChallengesConfig& config) {
  if (!config.tls_alpn) return nullptr;
  auto responder =
      std::make_unique<TlsAlpnResponder>(parts.surroundings.clock, parts.surroundings.log);
  const auto bound = responder->listen(config.tls_alpn->listen, config.tls_alpn->unix_mode);
  if (!bound) {
    throw std::runtime_error(
        "challenges.tls_alpn.listen: " + base::to_string(config.tls_alpn->listen) + ": " +
        bound.error().message());
  }
  parts.surroundings.log.info("tls-alpn-01 responder listens",
                              {{"address", base::to_string(*bound)}});
  responder->start();
  return responder;
}

/// Whether names are looked at before an order.
bool looks_first(const Config& config) {
  return config.preflight.caa || config.preflight.address || config.preflight.http;
}

std::unique_ptr<DnsService> make_dns(const SolverSet::Parts& parts, const Config& config) {
  const ChallengePolicy& policy = config.challenges.policy;
  const bool is_used = policy.uses(acme::ChallengeType::dns_01) ||
                       policy.uses(acme::ChallengeType::dns_account_01) ||
                       policy.uses(acme::ChallengeType::dns_persist_01) || looks_first(config) ||
                       config.unused.is_on();
  if (!is_used) return nullptr;
  return std::make_unique<DnsService>(parts.surroundings, config.dns, config.preflight);
}

std::unique_ptr<TxtSolver> make_txt(DnsService* dns, base::Log& log, RecordDebts& debts) {
  if (dns == nullptr || !dns->has_providers()) return nullptr;
  const auto publish = [dns, &log](TxtRecord record) {
    const std::string name = record.fqdn.text();
    // For an operator who wonders what an order waits for.
    return dns->publish(std::move(record), [&log, name](const std::string& who) {
      log.debug("challenge record not seen everywhere yet", {{"record", name}, {"state", who}});
    });
  };
  const auto withdraw = [dns](TxtRecord record) { return dns->withdraw(std::move(record)); };
  return std::make_unique<TxtSolver>(TxtSolver::Parts{publish, withdraw, log, debts});
}

std::unique_ptr<PreflightCheck> make_preflight(const SolverSet::Parts& parts,
                                               DnsService* dns,
                                               Solver& solver,
                                               const Config& config) {
  if (dns == nullptr || !looks_first(config)) return nullptr;
  using Fetch = PreflightCheck::Fetch;
  const DnsSurroundings& around = parts.surroundings;
  return std::make_unique<PreflightCheck>(
      PreflightCheck::Parts{dns->preflight(), solver, around.random, around.log},
      config.challenges.policy,
      config.preflight.http ? Fetch::yes : Fetch::no);
}

}  // namespace

SolverSet::SolverSet(Parts parts, const Config& config)
    : responder_(start_responder(parts, config.challenges)),
      http_(parts.lookup),
      tls_alpn_(responder_ ? std::make_unique<TlsAlpnSolver>(responder_->certificates()) : nullptr),
      dns_(make_dns(parts, config)),
      debts_(parts.database, parts.surroundings.clock, parts.surroundings.log),
      txt_(make_txt(dns_.get(), parts.surroundings.log, debts_)),
      standing_txt_(
          dns_ ? std::make_unique<StandingTxtSolver>(dns_->resolver(), parts.surroundings.clock)
               : nullptr),
      solvers_({.http = http_,
                .tls_alpn = tls_alpn_.get(),
                .txt = txt_.get(),
                .standing_txt = standing_txt_.get()}),
      preflight_(make_preflight(parts, dns_.get(), solvers_, config)) {}

base::asio::awaitable<void> SolverSet::resume() {
  if (txt_) co_await txt_->resume();
}

}  // namespace agent

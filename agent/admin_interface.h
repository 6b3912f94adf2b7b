#pragma once

#include "agent/api/account_control.h"
#include "agent/api/admin_api.h"
#include "agent/api/figures.h"
#include "agent/api/haproxy_control.h"
#include "agent/api/http_server.h"
#include "agent/api/readiness.h"
#include "agent/config/config.h"
#include "agent/engine.h"
#include "agent/lookup/spop_answers.h"
#include "spop/asio/server.h"

namespace agent {

/// What operators and Prometheus talk to: the API on the admin socket, and the metrics listener if
/// one is configured. Control thread only; what the references name outlives it.
class AdminInterface final : private FigureSource, private HaproxyControl, private AccountControl {
 public:
  struct Parts {
    base::asio::io_context& control;
    const base::Clock& clock;
    base::Log& log;
    Engine& engine;
    Metrics& metrics;
    const Readiness& readiness;
    const SpopAnswers& answers;
    const spop::Server& spop;
    const Lookup& lookup;
    base::Random& random;
  };

  /// Throws std::runtime_error if it cannot listen.
  AdminInterface(Parts parts, const Config& config);

  /// Answers what is asked already, and closes.
  base::asio::awaitable<void> stop();

 private:
  Figures figures() const override;
  std::vector<HaproxyView> instances() const override;
  base::asio::awaitable<SyncView> sync(std::string instance,
                                       SyncMode mode,
                                       std::size_t max_steps) override;
  base::asio::awaitable<std::vector<ProofView>> verify(
      std::vector<std::string> bundle_paths) override;
  std::string refusal(const CertificateBundle& bundle) override;
  std::vector<AccountView> accounts() const override;
  Answer<AskedAccountView> ask(std::string authority) override;
  Answer<AccountView> set_contacts(std::string authority,
                                   std::vector<std::string> contacts) override;
  Answer<AccountView> change_key(std::string authority, acme::KeyType type) override;
  Answer<AccountView> deactivate(std::string authority) override;
  Answer<AccountView> register_anew(std::string authority, acme::KeyType type) override;
  base::Result<AccountView, Problem> view_after(const std::string& authority,
                                                const base::Result<void, AccountError>& done) const;
  base::asio::awaitable<DnsRecordsView> dns_records(base::DomainName name) override;
  void listen(HttpServer& server, const char* key, const base::Endpoint& endpoint, mode_t mode);

  Parts parts_;
  const ChallengePolicy challenges_;
  const DnsConfig dns_;
  const std::string state_directory_;
  AdminApi api_;
  HttpServer admin_;
  HttpServer remote_;  ///< the same routes, for those who show a token
  HttpServer public_;
};

}  // namespace agent

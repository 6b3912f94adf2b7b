#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>

#include "agent/config/dns_config.h"
#include "agent/dns/dns_provider.h"
#include "agent/dns/run_program.h"
#include "agent/dns/slots.h"

namespace agent {

struct ProgramOptions {
  HookDialect dialect = HookDialect::lego;
  std::string program{};          ///< absolute path
  std::string cleanup_program{};  ///< of certbot's dialect; empty: nothing is cleaned up
  std::chrono::milliseconds timeout{60'000};
  std::size_t parallel = 1;  ///< how many may run at a time
};

enum class HookAction { add, remove };

/// What to run; `output` is what the program wrote when the record was added (certbot's cleanup).
/// Every value goes by argument or environment, none through a shell. In every dialect the
/// environment has ACME_FQDN, ACME_VALUE, ACME_DOMAIN, ACME_TOKEN and ACME_KEYAUTH. Errors:
/// configuration, for a name or value that a program could misread.
base::Result<Command, DnsError> hook_command(const ProgramOptions& options,
                                             HookAction action,
                                             const TxtRecord& record,
                                             const std::string& output);

/// Has a program do it.
class ProgramProvider final : public DnsProvider {
 public:
  explicit ProgramProvider(ProgramOptions options)
      : options_(std::move(options)), slots_(options_.parallel) {}

  base::asio::awaitable<Outcome> add(TxtRecord record) override;
  base::asio::awaitable<Outcome> remove(TxtRecord record) override;

 private:
  base::asio::awaitable<Outcome> run(HookAction action, TxtRecord record);

  const ProgramOptions options_;
  Slots slots_;
  std::map<std::string, std::string> outputs_;  ///< of certbot's dialect: by fqdn and value
};

}  // namespace agent

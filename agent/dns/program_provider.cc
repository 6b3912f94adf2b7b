#include "agent/dns/program_provider.h"

#include <algorithm>
#include <utility>

namespace agent {
namespace {

using Outcome = DnsProvider::Outcome;
using Cause = ProgramEnd::Cause;

/// Of base64url, of a dns-persist-01 value and of URLs; no control character and nothing that a
/// script without quotes would fall for.
bool is_harmless(std::string_view text) {
  constexpr std::string_view allowed = "-_.~:/?=;%+, ";
  return std::all_of(text.begin(), text.end(), [&](char c) {
    const bool is_alphanumeric =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return is_alphanumeric || allowed.find(c) != std::string_view::npos;
  });
}

/// `example.com` for `_acme-challenge.example.com`.
std::string domain_of(const TxtRecord& record) {
  if (!record.challenge.domain.empty()) return record.challenge.domain;
  dns::Name name = record.fqdn;
  while (!name.is_root() && name.first_label().starts_with('_')) name = name.parent();
  return name.text();
}

std::vector<std::string> common_environment(const TxtRecord& record) {
  return {"ACME_FQDN=" + record.fqdn.text_with_dot(),
          "ACME_VALUE=" + record.value,
          "ACME_DOMAIN=" + domain_of(record),
          "ACME_TOKEN=" + record.challenge.token,
          "ACME_KEYAUTH=" + record.challenge.key_authorization};
}

void append_certbot(std::vector<std::string>& environment,
                    const TxtRecord& record,
                    HookAction action,
                    const std::string& output) {
  const std::string domain = domain_of(record);
  environment.insert(environment.end(),
                     {"CERTBOT_IDENTIFIER=" + domain,
                      "CERTBOT_DOMAIN=" + domain,
                      "CERTBOT_VALIDATION=" + record.value,
                      "CERTBOT_REMAINING_CHALLENGES=0",
                      "CERTBOT_ALL_IDENTIFIERS=" + domain,
                      "CERTBOT_ALL_DOMAINS=" + domain});
  if (action == HookAction::remove) environment.push_back("CERTBOT_AUTH_OUTPUT=" + output);
}

std::string key_of(const TxtRecord& record) {
  return record.fqdn.text() + " " + record.value;
}

Outcome judge(const std::string& program, const ProgramEnd& end, std::chrono::milliseconds limit) {
  if (end.cause == Cause::exited && end.number == 0) return {};
  std::string text = program;
  switch (end.cause) {
    case Cause::exited: text += " ended with status " + std::to_string(end.number); break;
    case Cause::killed: text += " was killed by signal " + std::to_string(end.number); break;
    case Cause::timed_out:
      text += " was killed: it did not end within " + std::to_string(limit.count()) + " ms";
      break;
  }
  std::string line = last_line(end.errors);
  if (line.empty()) line = last_line(end.output);
  if (!line.empty()) text += ": " + line;
  return base::Unexpected(DnsError{DnsErrc::transient, std::move(text)});
}

}  // namespace

base::Result<Command, DnsError> hook_command(const ProgramOptions& options,
                                             HookAction action,
                                             const TxtRecord& record,
                                             const std::string& output) {
  const ChallengeFacts& facts = record.challenge;
  if (!record.fqdn.is_plain() || record.fqdn.is_root()) {
    return misconfigured("the name " + record.fqdn.text() + " is not given to a program");
  }
  for (const std::string* text : {&record.value, &facts.token, &facts.key_authorization}) {
    if (!is_harmless(*text)) {
      return misconfigured("the value for " + record.fqdn.text() +
                           " has characters that are not given to a program");
    }
  }
  if (!facts.domain.empty() && !dns::Name::parse(facts.domain)) {
    return misconfigured("the domain of " + record.fqdn.text() + " is not given to a program");
  }
  const bool is_add = action == HookAction::add;
  Command command{.arguments = {options.program},
                  .environment = common_environment(record),
                  .timeout = options.timeout};
  std::vector<std::string>& arguments = command.arguments;
  switch (options.dialect) {
    case HookDialect::lego:
      arguments.insert(arguments.end(),
                       {is_add ? "present" : "cleanup", record.fqdn.text_with_dot(), record.value});
      break;
    case HookDialect::lego_raw:
      arguments.insert(arguments.end(),
                       {is_add ? "present" : "cleanup",
                        "--",
                        domain_of(record),
                        facts.token,
                        facts.key_authorization});
      break;
    case HookDialect::dehydrated:
      arguments.insert(arguments.end(),
                       {is_add ? "deploy_challenge" : "clean_challenge",
                        domain_of(record),
                        facts.token,
                        record.value});
      break;
    case HookDialect::certbot:
      if (!is_add) arguments.front() = options.cleanup_program;
      append_certbot(command.environment, record, action, output);
      break;
  }
  return command;
}

base::asio::awaitable<Outcome> ProgramProvider::add(TxtRecord record) {
  co_return co_await run(HookAction::add, std::move(record));
}

base::asio::awaitable<Outcome> ProgramProvider::remove(TxtRecord record) {
  const bool has_cleanup =
      options_.dialect != HookDialect::certbot || !options_.cleanup_program.empty();
  if (!has_cleanup) co_return Outcome();
  co_return co_await run(HookAction::remove, std::move(record));
}

base::asio::awaitable<Outcome> ProgramProvider::run(HookAction action, TxtRecord record) {
  std::string output;
  if (action == HookAction::remove) {
    auto kept = outputs_.extract(key_of(record));
    if (kept) output = std::move(kept.mapped());
  }
  auto command = hook_command(options_, action, record, output);
  if (!command) co_return base::Unexpected(std::move(command).error());
  const std::string program = command->arguments.front();
  const auto slot = co_await slots_.take();
  auto end = co_await run_program(*std::move(command));
  if (!end) co_return misconfigured(std::move(end).error());
  Outcome outcome = judge(program, *end, options_.timeout);
  if (outcome && action == HookAction::add && options_.dialect == HookDialect::certbot) {
    while (!end->output.empty() && end->output.back() == '\n') end->output.pop_back();
    std::erase(end->output, '\0');
    outputs_[key_of(record)] = std::move(end->output);
  }
  co_return outcome;
}

}  // namespace agent

#include "agent/cli/certificate_commands.h"

#include <algorithm>
#include <utility>

#include "agent/cli/command_output.h"
#include "agent/cli/json_fields.h"
#include "agent/cli/table.h"

namespace agent {

using nlohmann::ordered_json;

namespace {

std::vector<std::string> to_row(const ordered_json& certificate) {
  return {text_field(certificate, "id"),
          joined(field(certificate, "names")),
          text_field(certificate, "authority"),
          text_field(certificate, "state"),
          text_field(certificate, "not_after"),
          text_field(certificate, "renew_at"),
          text_field(certificate, "serial")};
}

/// `revoked, keyCompromise, 2030-01-01T00:00:00Z`; empty without a revocation.
std::string revocation_of(const ordered_json& certificate) {
  const ordered_json& revocation = field(certificate, "revocation");
  if (!revocation.is_object()) return {};
  const std::string error = text_field(revocation, "last_error");
  const std::string revoked = text_field(revocation, "revoked");
  const std::string next = text_field(revocation, "next_attempt");
  std::string text = text_field(revocation, "state") + ", " + text_field(revocation, "reason");
  if (!revoked.empty()) text += ", " + revoked;
  if (text_field(revocation, "awaits_replacement") == "true") {
    text += ", after the replacement, at the latest at " + next;
  } else if (!next.empty()) {
    text += ", next attempt at " + next;
  }
  return error.empty() ? text : text + ": " + error;
}

void print_certificate(const ordered_json& certificate, const CliEnvironment& environment) {
  print_details({{"id", text_field(certificate, "id")},
                 {"names", joined(field(certificate, "names"))},
                 {"authority", text_field(certificate, "authority")},
                 {"key", text_field(certificate, "key")},
                 {"serial", text_field(certificate, "serial")},
                 {"SHA-1", text_field(certificate, "fingerprint")},
                 {"valid from", text_field(certificate, "not_before")},
                 {"valid until", text_field(certificate, "not_after")},
                 {"renewal at", text_field(certificate, "renew_at")},
                 {"state", text_field(certificate, "state")},
                 {"revocation", revocation_of(certificate)}},
                environment);
}

/// What a renewal is to be told apart from, read before it is asked for.
base::Result<std::vector<WaitTarget>, ApiFailure> targets_before(
    ApiClient& api, const std::vector<std::string>& names) {
  std::vector<WaitTarget> targets;
  for (const std::string& name : names) {
    const auto hostname = api.get("/v1/hostnames/" + ApiClient::percent_encode(name));
    if (!hostname) return base::Unexpected(hostname.error());
    targets.push_back({.name = text_field(*hostname, "name"),
                       .old_serial = text_field(field(*hostname, "certificate"), "serial"),
                       .failures = number_field(*hostname, "failures")});
  }
  return targets;
}

ExitStatus status_of(const std::string& outcome) {
  const bool is_good = outcome == "requested" || outcome == "under_way";
  return is_good ? ExitStatus::ok : ExitStatus::wrong_input;
}

/// Those whose renewal is on its way.
std::vector<WaitTarget> select_targets(std::vector<WaitTarget> before,
                                       const std::vector<NameOutcome>& outcomes) {
  std::vector<WaitTarget> targets;
  for (const auto& [name, outcome] : outcomes) {
    const auto target = std::find_if(before.begin(), before.end(), [&](const auto& candidate) {
      return candidate.name == name;
    });
    if (target == before.end() || status_of(outcome) != ExitStatus::ok) continue;
    // The request has forgotten earlier failures.
    if (outcome == "requested") target->failures = 0;
    targets.push_back(*target);
  }
  return targets;
}

}  // namespace

ExitStatus certificate_list(ApiClient& api,
                            const CertificateListOptions& options,
                            const CliEnvironment& environment) {
  Table table({"ID", "NAMES", "AUTHORITY", "STATE", "VALID UNTIL", "RENEWAL AT", "SERIAL"});
  const std::string target =
      "/v1/certificates?limit=1000&state=" + ApiClient::percent_encode(options.state);
  std::string cursor;
  do {
    const auto page = api.get(cursor.empty() ? target : target + "&cursor=" + cursor);
    if (!page) return report(page.error(), environment);
    for (const ordered_json& certificate : field(*page, "certificates")) {
      if (options.output == OutputFormat::json) {
        print_json(certificate, environment);
      } else {
        table.add(to_row(certificate));
      }
    }
    table.print(environment.out);
    cursor = text_field(*page, "next");
  } while (!cursor.empty());
  return ExitStatus::ok;
}

ExitStatus certificate_show(ApiClient& api,
                            const std::vector<std::string>& names,
                            OutputFormat output,
                            const CliEnvironment& environment) {
  ExitStatus status = ExitStatus::ok;
  bool is_first = true;
  for (const std::string& name : names) {
    const auto certificate = api.get("/v1/certificates/" + ApiClient::percent_encode(name));
    if (!certificate) {
      status = worst(status, report(certificate.error(), environment));
      continue;
    }
    if (output == OutputFormat::json) {
      print_json(*certificate, environment);
      continue;
    }
    if (!is_first) environment.out << "\n";
    is_first = false;
    print_certificate(*certificate, environment);
  }
  return status;
}

ExitStatus certificate_renew(ApiClient& api,
                             const CertificateRenewOptions& options,
                             const CliEnvironment& environment) {
  std::vector<WaitTarget> before;
  if (options.wait.wait) {
    auto targets = targets_before(api, options.names);
    if (!targets) return report(targets.error(), environment);
    before = *std::move(targets);
  }
  const auto reply = api.post("/v1/certificates/renew", {{"names", options.names}});
  if (!reply) return report(reply.error(), environment);
  const auto outcomes = outcomes_of(*reply);
  ExitStatus status = ExitStatus::ok;
  for (const auto& [name, outcome] : outcomes) status = worst(status, status_of(outcome));
  const auto targets = select_targets(std::move(before), outcomes);
  if (!options.wait.wait || status != ExitStatus::ok) {
    print_outcomes(*reply, options.output, environment);
  }
  if (targets.empty()) return status;
  return worst(status, wait_and_print(api, targets, options.wait, options.output, environment));
}

}  // namespace agent

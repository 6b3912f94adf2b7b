#include "agent/cli/revocation_commands.h"

#include <algorithm>
#include <cstddef>
#include <fstream>
#include <iostream>
#include <utility>
#include <vector>

#include "agent/cli/command_output.h"
#include "agent/cli/json_fields.h"
#include "agent/cli/table.h"

namespace agent {

using nlohmann::ordered_json;

namespace {

constexpr std::size_t at_once = 1'000;  // of a request

/// A hostname, an id, or an object of `certificate list -o json`; empty for an empty line.
std::string certificate_of(std::string line) {
  const std::size_t first = line.find_first_not_of(" \t\r");
  if (first == std::string::npos) return {};
  line = line.substr(first, line.find_last_not_of(" \t\r") - first + 1);
  if (line.front() != '{') return line;
  const ordered_json object = ordered_json::parse(line, nullptr, false);
  const std::string id = object.is_object() ? text_field(object, "id") : std::string();
  return id.empty() ? line : id;  // the daemon will say that it is none
}

base::Result<std::vector<std::string>, ApiFailure> read_list(const std::string& path) {
  std::ifstream file;
  if (path != "-") {
    file.open(path);
    if (!file) {
      return base::Unexpected(
          ApiFailure{.status = ExitStatus::wrong_input, .message = path + ": cannot be read"});
    }
  }
  std::istream& input = path == "-" ? std::cin : file;
  std::vector<std::string> certificates;
  for (std::string line; std::getline(input, line);) {
    std::string certificate = certificate_of(std::move(line));
    if (!certificate.empty()) certificates.push_back(std::move(certificate));
  }
  return certificates;
}

ExitStatus status_of(const std::string& outcome) {
  const bool is_good =
      outcome == "requested" || outcome == "under_way" || outcome == "already_revoked";
  return is_good ? ExitStatus::ok : ExitStatus::wrong_input;
}

ordered_json request_of(const CertificateRevokeOptions& options) {
  return {{"reason", options.reason}, {"replace", options.replace}};
}

ExitStatus revoke_all(ApiClient& api,
                      const CertificateRevokeOptions& options,
                      const CliEnvironment& environment) {
  ordered_json body = request_of(options);
  body["all_of"] = options.all_of;
  const auto reply = api.post("/v1/certificates/revoke", body);
  if (!reply) return report(reply.error(), environment);
  if (options.output == OutputFormat::json) {
    print_json(*reply, environment);
  } else {
    environment.out << number_field(*reply, "requested") << " revocations requested\n";
  }
  return ExitStatus::ok;
}

ExitStatus revoke_these(ApiClient& api,
                        const std::vector<std::string>& certificates,
                        const CertificateRevokeOptions& options,
                        const CliEnvironment& environment) {
  ExitStatus status = ExitStatus::ok;
  for (std::size_t first = 0; first < certificates.size(); first += at_once) {
    const std::size_t last = std::min(certificates.size(), first + at_once);
    ordered_json body = request_of(options);
    body["certificates"] =
        std::vector<std::string>(certificates.begin() + static_cast<std::ptrdiff_t>(first),
                                 certificates.begin() + static_cast<std::ptrdiff_t>(last));
    const auto reply = api.post("/v1/certificates/revoke", body);
    if (!reply) return report(reply.error(), environment);
    print_outcomes(*reply, options.output, environment);
    for (const auto& [name, outcome] : outcomes_of(*reply)) {
      status = worst(status, status_of(outcome));
    }
  }
  return status;
}

}  // namespace

ExitStatus certificate_revoke(ApiClient& api,
                              const CertificateRevokeOptions& options,
                              const CliEnvironment& environment) {
  if ((!options.all_of.empty() || !options.from.empty()) && !options.yes) {
    return report({.status = ExitStatus::usage,
                   .message = "a revocation is for ever: add --yes to revoke them all"},
                  environment);
  }
  if (!options.all_of.empty()) return revoke_all(api, options, environment);
  std::vector<std::string> certificates = options.certificates;
  if (!options.from.empty()) {
    const auto more = read_list(options.from);
    if (!more) return report(more.error(), environment);
    certificates.insert(certificates.end(), more->begin(), more->end());
  }
  if (certificates.empty()) {
    return report(
        {.status = ExitStatus::usage, .message = "name certificates, or use --from or --all-of"},
        environment);
  }
  return revoke_these(api, certificates, options, environment);
}

ExitStatus certificate_revocations(ApiClient& api,
                                   const std::string& state,
                                   OutputFormat output,
                                   const CliEnvironment& environment) {
  Table table({"CERTIFICATE", "NAMES", "AUTHORITY", "REASON", "STATE", "REQUESTED", "ERROR"});
  std::string target = "/v1/revocations?limit=1000";
  if (!state.empty()) target += "&state=" + ApiClient::percent_encode(state);
  std::string cursor;
  do {
    const auto page = api.get(cursor.empty() ? target : target + "&cursor=" + cursor);
    if (!page) return report(page.error(), environment);
    for (const ordered_json& revocation : field(*page, "revocations")) {
      if (output == OutputFormat::json) {
        print_json(revocation, environment);
        continue;
      }
      table.add({text_field(revocation, "certificate"),
                 joined(field(revocation, "names")),
                 text_field(revocation, "authority"),
                 text_field(revocation, "reason"),
                 text_field(revocation, "state"),
                 text_field(revocation, "requested"),
                 text_field(revocation, "last_error")});
    }
    table.print(environment.out);
    cursor = text_field(*page, "next");
  } while (!cursor.empty());
  return ExitStatus::ok;
}

}  // namespace agent

#include "agent/cli/hostname_commands.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "agent/cli/command_output.h"
#include "agent/cli/json_fields.h"
#include "agent/cli/table.h"

namespace agent {

using nlohmann::ordered_json;

namespace {

std::string on_or_off(const std::string& truth) {
  return truth == "true" ? "on" : "off";
}

std::string or_dash(std::string text) {
  return text.empty() ? "-" : std::move(text);
}

std::vector<std::string> to_row(const ordered_json& hostname) {
  return {text_field(hostname, "name"),
          text_field(hostname, "state"),
          on_or_off(text_field(hostname, "https_redirect")),
          or_dash(text_field(field(hostname, "certificate"), "not_after")),
          text_field(hostname, "stage")};
}

/// Nothing if it is to have none.
void add_second(std::vector<DetailLine>& lines, const ordered_json& second) {
  if (second.is_null()) return;
  const ordered_json& certificate = field(second, "certificate");
  const std::vector<DetailLine> its = {{"second certificate", text_field(second, "stage")},
                                       {"  id", text_field(certificate, "id")},
                                       {"  authority", text_field(certificate, "authority")},
                                       {"  key", text_field(certificate, "key")},
                                       {"  serial", text_field(certificate, "serial")},
                                       {"  valid until", text_field(certificate, "not_after")},
                                       {"  renewal at", text_field(certificate, "renew_at")},
                                       {"  failures", text_field(second, "failures")},
                                       {"  last error", text_field(second, "last_error")}};
  lines.insert(lines.end(), its.begin(), its.end());
}

void print_hostname(const ordered_json& hostname, const CliEnvironment& environment) {
  const ordered_json& certificate = field(hostname, "certificate");
  std::vector<DetailLine> lines = {
      {"name", text_field(hostname, "name")},
      {"unicode name", text_field(hostname, "unicode_name")},
      {"mode", text_field(hostname, "mode")},
      {"zone", text_field(hostname, "zone")},
      {"covered by", text_field(hostname, "covered_by")},
      {"HTTPS redirect", on_or_off(text_field(hostname, "https_redirect"))},
      {"challenge path", text_field(hostname, "challenge_path")},
      {"state", text_field(hostname, "state")},
      {"stage", text_field(hostname, "stage")},
      {"certificate", text_field(certificate, "id")},
      {"  authority", text_field(certificate, "authority")},
      {"  key", text_field(certificate, "key")},
      {"  serial", text_field(certificate, "serial")},
      {"  valid from", text_field(certificate, "not_before")},
      {"  valid until", text_field(certificate, "not_after")},
      {"  renewal at", text_field(certificate, "renew_at")},
      {"  state", text_field(certificate, "state")},
      {"failures", text_field(hostname, "failures")},
      {"last error", text_field(hostname, "last_error")},
      {"next attempt", text_field(hostname, "next_attempt")},
      {"absent since", text_field(field(hostname, "absence"), "since")},
      {"  reason", text_field(field(hostname, "absence"), "reason")},
      {"unused since", text_field(field(hostname, "absence"), "unused_since")}};
  add_second(lines, field(hostname, "second_certificate"));
  lines.push_back({"created", text_field(hostname, "created")});
  print_details(lines, environment);
}

std::string first_page(const HostnameListOptions& options) {
  std::string target = "/v1/hostnames?limit=1000";
  if (!options.search.empty()) target += "&search=" + ApiClient::percent_encode(options.search);
  if (options.contains) target += "&match=contains";
  if (!options.tenant.empty()) target += "&tenant=" + ApiClient::percent_encode(options.tenant);
  if (!options.zone.empty()) target += "&zone=" + ApiClient::percent_encode(options.zone);
  if (!options.state.empty()) target += "&state=" + ApiClient::percent_encode(options.state);
  if (options.unused) target += "&usage=unused";
  return target;
}

}  // namespace

ExitStatus hostname_add(ApiClient& api,
                        const HostnameAddOptions& options,
                        const CliEnvironment& environment) {
  ordered_json body = {{"names", options.names}, {"https_redirect", options.https_redirect}};
  if (!options.mode.empty()) body["mode"] = options.mode;
  if (!options.challenge_path.empty()) body["challenge_path"] = options.challenge_path;
  const auto reply = api.post("/v1/hostnames", body);
  if (!reply) return report(reply.error(), environment);
  if (!options.wait.wait) {
    print_outcomes(*reply, options.output, environment);
    return ExitStatus::ok;
  }
  std::vector<WaitTarget> targets;
  for (const auto& [name, outcome] : outcomes_of(*reply)) {
    progress_stream(options.output, environment) << printable(name + ": " + outcome) << "\n";
    targets.push_back({.name = name});
    if (outcome == "added") continue;
    // It may have failed before; only what fails from here on counts.
    const auto hostname = api.get("/v1/hostnames/" + ApiClient::percent_encode(name));
    if (hostname) targets.back().failures = number_field(*hostname, "failures");
  }
  return wait_and_print(api, targets, options.wait, options.output, environment);
}

ExitStatus hostname_remove(ApiClient& api,
                           const std::vector<std::string>& names,
                           OutputFormat output,
                           const CliEnvironment& environment) {
  const auto reply = api.post("/v1/hostnames/remove", {{"names", names}});
  if (!reply) return report(reply.error(), environment);
  print_outcomes(*reply, output, environment);
  const auto outcomes = outcomes_of(*reply);
  const bool all = std::all_of(
      outcomes.begin(), outcomes.end(), [](const auto& o) { return o.outcome == "removed"; });
  return all ? ExitStatus::ok : ExitStatus::wrong_input;
}

ExitStatus hostname_list(ApiClient& api,
                         const HostnameListOptions& options,
                         const CliEnvironment& environment) {
  Table table({"NAME", "STATE", "REDIRECT", "VALID UNTIL", "STAGE"});
  const std::string target = first_page(options);
  std::string cursor;
  do {
    const auto page = api.get(cursor.empty() ? target : target + "&cursor=" + cursor);
    if (!page) return report(page.error(), environment);
    for (const ordered_json& hostname : field(*page, "hostnames")) {
      if (options.output == OutputFormat::json) {
        print_json(hostname, environment);
      } else {
        table.add(to_row(hostname));
      }
    }
    table.print(environment.out);
    cursor = ApiClient::percent_encode(text_field(*page, "next"));
  } while (!cursor.empty());
  return ExitStatus::ok;
}

ExitStatus hostname_show(ApiClient& api,
                         const std::vector<std::string>& names,
                         OutputFormat output,
                         const CliEnvironment& environment) {
  ExitStatus status = ExitStatus::ok;
  bool is_first = true;
  for (const std::string& name : names) {
    const auto hostname = api.get("/v1/hostnames/" + ApiClient::percent_encode(name));
    if (!hostname) {
      status = worst(status, report(hostname.error(), environment));
      continue;
    }
    if (output == OutputFormat::json) {
      print_json(*hostname, environment);
      continue;
    }
    if (!is_first) environment.out << "\n";
    is_first = false;
    print_hostname(*hostname, environment);
  }
  return status;
}

}  // namespace agent

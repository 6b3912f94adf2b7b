#include "agent/cli/doctor.h"

#include <algorithm>

#include "agent/cli/command_output.h"
#include "agent/cli/json_fields.h"

namespace agent {

using nlohmann::ordered_json;

namespace {

const char* to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::fine: return "ok";
    case Verdict::warning: return "warning";
    case Verdict::problem: return "PROBLEM";
  }
  return "?";
}

void print(const Finding& finding, OutputFormat output, const CliEnvironment& environment) {
  if (output == OutputFormat::json) {
    const char* const verdict =
        finding.verdict == Verdict::problem ? "problem" : to_string(finding.verdict);
    print_json({{"verdict", verdict},
                {"subject", finding.subject},
                {"text", finding.text},
                {"remedy", finding.remedy}},
               environment);
    return;
  }
  constexpr std::size_t column = 9;
  std::string verdict = to_string(finding.verdict);
  verdict.resize(column, ' ');
  environment.out << verdict << printable(finding.subject + ": " + finding.text) << "\n";
  if (!finding.remedy.empty()) {
    environment.out << std::string(column, ' ') << "-> " << printable(finding.remedy) << "\n";
  }
  environment.out.flush();
}

}  // namespace

Findings check_daemon(ApiClient& api) {
  const auto version = api.get("/v1/version");
  if (!version) {
    return {{Verdict::problem,
             "daemon",
             version.error().message,
             "start it (`systemctl start acme-spoa`), or run this as a user that may use its admin "
             "socket"}};
  }
  Findings findings{
      {Verdict::fine, "daemon", "runs, version " + text_field(*version, "version"), {}}};
  const auto haproxy = api.get("/v1/haproxy");
  if (!haproxy) return findings;
  for (const ordered_json& instance : field(*haproxy, "instances")) {
    const std::string trouble = text_field(instance, "trouble");
    const bool in_sync = text_field(instance, "in_sync") == "true";
    findings.push_back({in_sync ? Verdict::fine : Verdict::warning,
                        "haproxy " + text_field(instance, "name"),
                        in_sync ? "has every certificate that it should" : "is behind: " + trouble,
                        in_sync ? "" : "see `acme-spoa haproxy status`"});
  }
  return findings;
}

ExitStatus doctor(ApiClient& api,
                  const Config& config,
                  const std::vector<std::string>& names,
                  OutputFormat output,
                  const CliEnvironment& environment) {
  bool is_well = true;
  const auto show = [&](const Findings& findings) {
    for (const Finding& finding : findings) {
      print(finding, output, environment);
      is_well = is_well && finding.verdict != Verdict::problem;
    }
  };
  show(check_files(config));
  for (const AuthorityConfig& authority : config.authorities) {
    show(check_authority(authority, environment.clock.wall()));
  }
  for (const HaproxyInstanceConfig& instance : config.haproxy.instances) {
    if (!instance.worker) show(check_runtime_api(instance));
  }
  show(check_daemon(api));
  for (const std::string& name : names) show(check_hostname(name));
  return is_well ? ExitStatus::ok : ExitStatus::failed;
}

}  // namespace agent

#include "agent/cli/event_commands.h"

#include <utility>

#include "agent/cli/command_output.h"
#include "agent/cli/json_fields.h"

namespace agent {

using nlohmann::ordered_json;

namespace {

constexpr std::chrono::milliseconds between_looks{500};
constexpr std::uint64_t page = 1000;

std::string target_of(const EventOptions& options, std::uint64_t limit, const std::string& after) {
  std::string target = "/v1/events?limit=" + std::to_string(limit);
  if (!options.subject.empty()) target += "&subject=" + ApiClient::percent_encode(options.subject);
  if (!after.empty()) target += "&after=" + after;
  return target;
}

/// A line for people, as a log has it: its columns cannot wait for the widest.
void print_event(const ordered_json& event,
                 OutputFormat output,
                 const CliEnvironment& environment) {
  if (output == OutputFormat::json) {
    print_json(event, environment);
    return;
  }
  std::string line = text_field(event, "at") + "  " + text_field(event, "kind");
  for (const char* const member : {"subject", "detail"}) {
    const std::string text = text_field(event, member);
    if (!text.empty()) line += "  " + text;
  }
  const std::string actor = text_field(event, "actor");
  if (!actor.empty()) line += "  (" + actor + ")";
  environment.out << printable(line) << "\n";
}

void print_events(const ordered_json& reply,
                  OutputFormat output,
                  const CliEnvironment& environment) {
  for (const ordered_json& event : field(reply, "events")) print_event(event, output, environment);
  environment.out.flush();
}

}  // namespace

ExitStatus event_list(ApiClient& api,
                      const EventOptions& options,
                      const CliEnvironment& environment) {
  const auto reply = api.get(target_of(options, options.limit, {}));
  if (!reply) return report(reply.error(), environment);
  print_events(*reply, options.output, environment);
  return ExitStatus::ok;
}

ExitStatus event_tail(ApiClient& api,
                      const EventOptions& options,
                      const CliEnvironment& environment) {
  const auto newest = api.get(target_of(options, options.limit, {}));
  if (!newest) return report(newest.error(), environment);
  print_events(*newest, options.output, environment);
  std::string after = text_field(*newest, "last");
  bool is_away = false;
  while (environment.out) {
    environment.sleep(between_looks);
    const auto reply = api.get(target_of(options, page, after));
    const bool was_away =
        std::exchange(is_away, !reply && reply.error().status == ExitStatus::unreachable);
    if (is_away) {
      if (!was_away) report(reply.error(), environment);
      continue;
    }
    if (!reply) return report(reply.error(), environment);
    print_events(*reply, options.output, environment);
    after = text_field(*reply, "last");
  }
  return ExitStatus::failed;
}

}  // namespace agent

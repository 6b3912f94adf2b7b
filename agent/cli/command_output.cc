#include "agent/cli/command_output.h"

#include <algorithm>
#include <memory>
#include <string_view>

#include "agent/cli/json_fields.h"
#include "agent/cli/progress.h"
#include "agent/cli/table.h"

namespace agent {

using nlohmann::ordered_json;

ExitStatus report(const ApiFailure& failure, const CliEnvironment& environment) {
  complain(failure.message, environment);
  return failure.status;
}

void print_json(const ordered_json& object, const CliEnvironment& environment) {
  environment.out << object.dump(-1, ' ', false, ordered_json::error_handler_t::replace) << "\n";
}

void print_details(const std::vector<DetailLine>& lines, const CliEnvironment& environment) {
  std::size_t width = 0;
  for (const DetailLine& line : lines) width = std::max(width, line.label.size());
  for (const DetailLine& line : lines) {
    if (line.text.empty()) continue;
    environment.out << line.label << std::string(width + 2 - line.label.size(), ' ')
                    << printable(line.text) << "\n";
  }
}

std::ostream& progress_stream(OutputFormat output, const CliEnvironment& environment) {
  return output == OutputFormat::json ? environment.err : environment.out;
}

ExitStatus worst(ExitStatus a, ExitStatus b) {
  return static_cast<int>(a) < static_cast<int>(b) ? b : a;
}

ExitStatus wait_and_print(ApiClient& api,
                          const std::vector<WaitTarget>& targets,
                          const WaitOptions& options,
                          OutputFormat output,
                          const CliEnvironment& environment) {
  std::unique_ptr<ProgressView> view;
  if (output == OutputFormat::table && environment.out_is_terminal) {
    view = std::make_unique<TerminalProgress>(environment.out, environment.width);
  } else {
    view = std::make_unique<PlainProgress>(progress_stream(output, environment), environment.clock);
  }
  const WaitResult result = wait_until_served(api, targets, options.timeout, environment, *view);
  if (output == OutputFormat::json) {
    for (const ordered_json& hostname : result.hostnames) {
      if (!hostname.is_null()) print_json(hostname, environment);
    }
  }
  return result.status;
}

std::vector<NameOutcome> outcomes_of(const ordered_json& reply) {
  std::vector<NameOutcome> outcomes;
  for (const ordered_json& result : field(reply, "results")) {
    outcomes.push_back({text_field(result, "name"), text_field(result, "outcome")});
  }
  return outcomes;
}

void print_outcomes(const ordered_json& reply,
                    OutputFormat output,
                    const CliEnvironment& environment) {
  if (output == OutputFormat::json) {
    for (const ordered_json& result : field(reply, "results")) print_json(result, environment);
    return;
  }
  Table table({"NAME", "OUTCOME"});
  for (const auto& [name, outcome] : outcomes_of(reply)) table.add({name, outcome});
  table.print(environment.out);
}

}  // namespace agent
